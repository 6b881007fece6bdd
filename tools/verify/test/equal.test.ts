import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verify, type VerifyProgress } from "../src/verify.js";
import { consume, createTopic, messageOf, produce, recordsOf, runOf, startServers } from "./servers.js";
import type { TestServers } from "./servers.js";

let servers: TestServers;
let databaseUrl: string;

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
});

afterAll(() => servers.close());

describe("what a consumer has read", () => {
  // All topics in the same tables.
  it.each([
    ["default", 12_000, 8],
    ["dirty", 12_000, 8],
    ["clocks", 25_000, 3],
  ] as const)("of the scenario %s is equal, link by link", async (preset, events, partitions) => {
    const run = runOf(preset, events);
    const messages = recordsOf(run).map((record) => messageOf(record, partitions));
    await createTopic(servers, preset, partitions);
    await produce(servers, preset, messages);
    await consume(servers, preset, databaseUrl);
    const progress: VerifyProgress[] = [];
    const verdict = await verify({
      brokers: servers.kafkaBrokers,
      databaseUrl,
      topic: preset,
      scenario: run,
      onProgress: (step) => progress.push(step),
    });
    expect(verdict.differences).toEqual([]);
    expect(verdict).toMatchObject({ equal: true, counts: [], partitions, records: events, unread: 0, events });
    const { counted, late, quarantined, rejected } = verdict.ledger;
    expect(verdict.compared).toMatchObject({
      socmed_user_sales: counted,
      socmed_late: late,
      socmed_rejected: quarantined + rejected,
      "tidemark.checkpoints": partitions,
    });
    // What consumers observed has views of its own, long after the events.
    expect(verdict.panels["total-usage"]).toBe(verdict.views.length - 2);
    expect(verdict.panels["watermarks"]).toBe(verdict.views.length * partitions);
    expect(verdict.compared["socmed_5s"]).toBeGreaterThan(verdict.compared["socmed_1m"] ?? NaN);
    expect(late).toBeGreaterThan(0);
    expect(progress[0]).toEqual({ step: "scenario", done: 0, of: events });
    expect(progress.findLast(({ step }) => step === "log")).toEqual({ step: "log", done: events, of: events });
    const queries = verdict.views.length * Object.keys(verdict.panels).length;
    expect(progress.at(-1)).toEqual({ step: "panels", done: queries, of: queries });
  });

  it("leaves no consumer group behind in Kafka", async () => {
    const admin = servers.kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    expect(groups.map(({ groupId }) => groupId)).toEqual(
      expect.arrayContaining(["default", "dirty", "clocks"].map((topic) => `tidemark-socmed-${topic}`)),
    );
    expect(groups).toHaveLength(3);
  });
});
