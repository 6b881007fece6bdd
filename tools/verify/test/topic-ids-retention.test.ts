import { count, definePipeline, runPipeline, sum, tumbling } from "@tidemark/pipeline";
import { applyRetention } from "@tidemark/sinks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { verify, type Verdict } from "../src/index.js";
import { createTopic, produce, query, startServers, type TestMessage, type TestServers } from "./servers.js";

const visits = definePipeline({
  name: "visits",
  event: z.object({ visitNo: z.uuid(), cents: z.int().min(0), at: z.int().min(0) }),
  id: "visitNo",
  idScope: "topic",
  time: { field: "at", unit: "s" },
  watermark: { delay: "2m" },
  rollups: [
    { name: "visits_1m", window: tumbling("1m"), keys: [], aggregates: { visits: count(), cents: sum("cents") } },
  ],
});

const topic = "visits";
const partitions = 3;
const epoch = Date.parse("2024-03-01T00:00:00Z") / 1_000;
const EVERY_S = 600;
const A_DAY = 144;

function visit(at: number, partition: number): TestMessage {
  const visitNo = `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
  const seconds = epoch + at * EVERY_S;
  const value = Buffer.from(JSON.stringify({ visitNo, cents: at % 50, at: seconds }));
  return { partition, key: null, value, timestampMs: seconds * 1_000 };
}

/** Each second visit is in two partitions; each tenth comes again a day later; each seventh is followed by what is no event. */
function visitsFrom(from: number, to: number): TestMessage[] {
  return Array.from({ length: to - from }, (_, index) => from + index).flatMap((at) => {
    const own = at % partitions;
    const other = (own + 1) % partitions;
    return [
      visit(at, own),
      ...(at % 2 === 0 ? [visit(at, other)] : []),
      ...(at % 10 === 0 && at >= A_DAY ? [visit(at - A_DAY, other)] : []),
      ...(at % 7 === 0 ? [{ ...visit(at, other), value: Buffer.from("{}") }] : []),
    ];
  });
}

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

describe("ids that are unique over all partitions, with retention", { timeout: 120_000 }, () => {
  it("stay proven while days of their events are dropped, and what is wrong with the other days is found", async () => {
    const databaseUrl = await servers.createDatabase();
    const { kafkaBrokers: brokers } = servers;
    await createTopic(servers, topic, partitions);

    async function readOn(messages: readonly TestMessage[]): Promise<void> {
      await produce(servers, topic, messages);
      const running = runPipeline(visits, { brokers, databaseUrl, topic, group: topic });
      await running.caughtUp();
      await running.stop();
    }

    async function dropDays(): Promise<readonly string[]> {
      const { dropped } = await applyRetention({ databaseUrl, pipeline: visits, days: 1 });
      return dropped.map(({ table }) => table);
    }

    const check = (): Promise<Verdict> => verify({ brokers, databaseUrl, topic, pipeline: visits, differences: 50 });

    async function expectEqual(copies: number): Promise<void> {
      const verdict = await check();
      expect(verdict.differences).toEqual([]);
      expect(verdict.comparedFrom).not.toBeNull();
      expect(verdict.compared["visits_copies"]).toBeGreaterThan(copies);
      expect(verdict.ledger.late).toBeGreaterThan(0);
    }

    await readOn(visitsFrom(0, 4 * A_DAY));
    expect(await dropDays()).toContain("visits");
    await expectEqual(200);
    // Also with ids that the table still has, though their rows are gone, and after a claim of partitions whose rows are.
    await readOn(visitsFrom(4 * A_DAY, 7 * A_DAY));
    await expectEqual(400);
    expect(await dropDays()).toContain("visits");
    await expectEqual(400);

    await query(databaseUrl, `DELETE FROM visits_copies WHERE id = (SELECT max(id::text)::uuid FROM visits_copies)`);
    const { counts } = await check();
    expect(counts.map(({ table, what }) => `${table} ${what}`)).toContain("visits missing-row");
  });
});
