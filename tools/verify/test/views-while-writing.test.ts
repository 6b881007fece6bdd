import { count, definePipeline, runPipeline, sum, tumbling } from "@tidemark/pipeline";
import { createPartitionOracle } from "@tidemark/scenario/oracle";
import { migrate } from "@tidemark/sinks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { createTopic, produce, query, startServers, type TestMessage, type TestServers } from "./servers.js";

const orders = definePipeline({
  name: "orders",
  event: z.object({ shop: z.string(), cents: z.int().min(0).max(1_000), placedAt: z.int().min(0) }),
  time: { field: "placedAt", unit: "s" },
  watermark: { delay: "20s", allowedLateness: "7s" },
  rollups: [
    {
      name: "orders_10s",
      window: tumbling("10s"),
      keys: ["shop"],
      aggregates: { orders: count(), cents: sum("cents") },
    },
  ],
  tables: { partitionBy: "none" },
});

const topic = "orders";
const partitions = 3;
const perPiece = 60;
const pieces = 25;

/** Times go on, up to 25 s out of order; the partitions are behind each other by turns. */
const messages: readonly TestMessage[] = Array.from({ length: perPiece * pieces }, (_, at) => {
  const placedAt = 1_700_000_000 + Math.floor(at / 6) - ((at * 7) % 26) + ((at % partitions) * at) / 100;
  const event = { shop: at % 2 === 0 ? "Aarhus" : "Odense", cents: (at * 13) % 1_000, placedAt: Math.floor(placedAt) };
  return { partition: at % partitions, key: null, value: Buffer.from(JSON.stringify(event)), timestampMs: -1 };
});

const logs = Array.from({ length: partitions }, (_, partition) =>
  messages.filter((message) => message.partition === partition),
);

let servers: TestServers;
let databaseUrl: string;

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, partitions);
  await migrate(orders, databaseUrl);
});

afterAll(() => servers.close());

interface Answer {
  /** Of each partition that was claimed. */
  readonly offsets: Readonly<Record<string, number>>;
  /** `orders cents` of each window, and whether it is closed. */
  readonly windows: Readonly<Record<string, readonly [figures: string, closed: boolean]>>;
}

/** One statement, which sees one moment. */
async function readAnswer(): Promise<Answer> {
  const [row] = await query(
    databaseUrl,
    `SELECT (SELECT coalesce(json_object_agg(partition, next_offset), '{}') FROM tidemark.checkpoints) AS offsets,
       (SELECT coalesce(json_object_agg(extract(epoch FROM window_start)::int8 || ' ' || shop,
          json_build_array(orders || ' ' || cents, closed)), '{}') FROM orders_10s_total) AS windows`,
  );
  return row as unknown as Answer;
}

/** The answer for a prefix of each partition, by the oracle. */
function expectedWindows(offsets: Answer["offsets"]): Answer["windows"] {
  const oracles = Object.entries(offsets).map(([partition, nextOffset]) => {
    const oracle = createPartitionOracle(orders.data);
    const prefix = (logs[Number(partition)] ?? []).slice(0, nextOffset);
    for (const [offset, { value, timestampMs }] of prefix.entries()) oracle.take({ offset, value, timestampMs });
    return oracle;
  });
  const sums = new Map<string, [startMs: number, orders: number, cents: number]>();
  for (const { windowStartMs, keys, values } of oracles.flatMap((oracle) => oracle.takeRest())) {
    const key = `${windowStartMs / 1000} ${keys.join(" ")}`;
    const [, many, cents] = sums.get(key) ?? [0, 0, 0];
    sums.set(key, [windowStartMs, many + Number(values[0]), cents + Number(values[1])]);
  }
  return Object.fromEntries(
    [...sums].map(([key, [startMs, many, cents]]) => {
      const closed = !oracles.some((oracle) => oracle.takesEventAt(startMs + 9_999));
      return [key, [`${many} ${cents}`, closed]];
    }),
  );
}

it("each answer of a total view is right for some prefix of every partition, and a closed window never changes", async () => {
  const run = runPipeline(orders, { brokers: servers.kafkaBrokers, databaseUrl, topic });
  await run.caughtUp();
  const answers: Answer[] = [];
  const written = new AbortController();
  const reading = (async () => {
    while (!written.signal.aborted) answers.push(await readAnswer());
  })();
  const committed = () => Object.values(answers.at(-1)?.offsets ?? {}).reduce((total, offset) => total + offset, 0);
  for (let at = 0; at < messages.length; at += perPiece) {
    const before = committed();
    await produce(servers, topic, messages.slice(at, at + perPiece));
    // Without this, a busy machine writes all pieces in a few checkpoints, of which few answers can be read.
    await expect.poll(committed, { timeout: 30_000, interval: 5 }).toBeGreaterThan(before);
  }
  const whole = Object.fromEntries(logs.map((log, partition) => [String(partition), log.length]));
  await expect.poll(async () => (await readAnswer()).offsets, { timeout: 30_000 }).toEqual(whole);
  written.abort();
  await reading;
  answers.push(await readAnswer());
  await run.stop();

  const seen = new Set(answers.map(({ offsets }) => JSON.stringify(offsets)));
  expect(seen.size).toBeGreaterThanOrEqual(pieces);
  const closed = new Map<string, string>();
  for (const { offsets, windows } of answers) {
    expect(windows).toEqual(expectedWindows(offsets));
    for (const [key, figures] of closed) expect([key, windows[key]]).toEqual([key, [figures, true]]);
    for (const [key, [figures, isClosed]] of Object.entries(windows)) if (isClosed) closed.set(key, figures);
  }
  expect(closed.size).toBeGreaterThan(10);
  expect(Object.keys(answers.at(-1)?.windows ?? {}).length).toBeGreaterThan(closed.size);
});
