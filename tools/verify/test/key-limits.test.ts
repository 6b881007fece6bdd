import { count, definePipeline, mean, sum, tumbling } from "@tidemark/pipeline";
import { migrate } from "@tidemark/sinks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { verify, type Verdict } from "../src/index.js";
import { changedKeyLimits, noMistake, runInjected, type Injection } from "./planted/injection.js";
import { createTopic, endsOf, produce, query, startServers, type TestMessage, type TestServers } from "./servers.js";

const text = z.string().trim().min(1).max(40);
const aggregates = { visits: count(), cents: sum("cents"), cents_mean: mean("cents") } as const;

const visits = definePipeline({
  name: "visits",
  event: z.object({ visitNo: text, shop: text, channel: text, cents: z.int().min(0), at: z.int().min(0) }),
  id: "visitNo",
  time: { field: "at", unit: "s" },
  watermark: { delay: "2m" },
  rollups: [
    {
      name: "visits_1m",
      window: tumbling("1m"),
      keys: ["shop", "channel"],
      aggregates,
      keyLimit: { perWindow: 7, beyond: "other" },
    },
    {
      name: "visits_1h",
      window: tumbling("1h"),
      keys: ["channel", "shop"],
      aggregates,
      keyLimit: { perWindow: 30, beyond: "reject" },
    },
  ],
});

const partitions = 2;
const epoch = Date.parse("2024-03-01T10:00:00Z") / 1_000;
/** Some shops are called as those beyond the limit are. */
const shopOf = (at: number) => (at % 11 === 0 ? "other" : `Shop ${(at * 7) % 19}`);

function visit(at: number): TestMessage {
  const event = {
    visitNo: `V-${at}`,
    shop: shopOf(at),
    channel: at % 22 === 0 ? "other" : `Channel ${at % 3}`,
    cents: at % 50,
    at: epoch + at * 3 - (at % 5) * 20,
  };
  return {
    partition: at % partitions,
    key: null,
    value: Buffer.from(JSON.stringify(event)),
    timestampMs: (epoch + 7_200) * 1_000,
  };
}

const half = Array.from({ length: 1_000 }, (_, at) => visit(at));
const rest = Array.from({ length: 1_000 }, (_, at) => visit(1_000 + at));

let servers: TestServers;
let halfRead: string;

beforeAll(async () => {
  servers = await startServers();
  halfRead = await servers.createDatabase();
  await migrate(visits, halfRead);
  await createTopic(servers, "visits", partitions);
  await produce(servers, "visits", half);
  await run(halfRead, noMistake, endsOf(half, partitions));
  await produce(servers, "visits", rest);
});

afterAll(() => servers.close());

async function run(databaseUrl: string, injection: Injection, ends: ReadonlyMap<number, number>): Promise<void> {
  const { kafkaBrokers } = servers;
  await runInjected(visits, injection, { kafkaBrokers, databaseUrl, topic: "visits", group: "visits", ends });
}

/** Reads the second half of the topic in a process of its own, as it were: it restores its windows from the tables. */
async function readRest(injection: Injection): Promise<{ readonly url: string; readonly verdict: Verdict }> {
  const url = await servers.copyDatabase(halfRead);
  await run(url, injection, endsOf([...half, ...rest], partitions));
  const verdict = await verify({ brokers: servers.kafkaBrokers, databaseUrl: url, topic: "visits", pipeline: visits });
  return { url, verdict };
}

const kindsOf = ({ counts }: Verdict) =>
  counts.map(({ table, column, what }) => `${table}${column === null ? "" : `.${column}`} ${what}`).toSorted();

it("tables with limits of keys are equal, across a restart in the middle of windows", async () => {
  const { url, verdict } = await readRest(noMistake);
  expect(verdict.differences).toEqual([]);
  expect(verdict.ledger.rejected).toBeGreaterThan(0);
  const reasons = await query(url, "SELECT DISTINCT reason, field FROM visits_rejected");
  expect(reasons).toEqual([{ reason: "too-many-keys", field: null }]);
  const [rejected] = await query(
    url,
    'SELECT expected, received FROM visits_rejected ORDER BY partition, "offset" LIMIT 1',
  );
  expect(rejected).toEqual({
    expected: "one of the first 30 combinations of channel, shop in the window 2024-03-01T10:00:00.000Z of visits_1h",
    received: expect.stringMatching(/^channel "Channel \d", shop "Shop \d+"$/),
  });
  const most = await query(
    url,
    `SELECT max(rows)::int AS rows, max(others)::int AS others FROM (
       SELECT count(*) AS rows, count(*) FILTER (WHERE shop = 'other' AND channel = 'other') AS others
       FROM visits_1m GROUP BY partition, window_start) AS windows`,
  );
  expect(most).toEqual([{ rows: 8, others: 1 }]);
});

it.each<[string, (perWindow: number) => number]>([
  ["off by one", (perWindow) => perWindow + 1],
  ["off by one, downwards", (perWindow) => perWindow - 1],
  ["that counts from zero again after a restart", (perWindow) => perWindow * 2],
])("a limit of keys %s is found and named", async (_name, change) => {
  const { verdict } = await readRest(changedKeyLimits(change));
  expect(verdict.equal).toBe(false);
  expect(kindsOf(verdict)).toEqual(
    expect.arrayContaining(["visits_1m.visits wrong-value", "tidemark.checkpoints.rejected wrong-value"]),
  );
});
