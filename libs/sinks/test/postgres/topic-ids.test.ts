import type { ClientBase } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSink, migrate, resetPartitions, withConnection, type Sink } from "../../src/index.js";
import { createTopicIds, type TopicIds } from "../../src/postgres/topic-ids.js";
import { sinkTables } from "../../src/sink-pipeline.js";
import { checkpointOf, commit, eventAt, identity, noLedger, startMs, startSeconds } from "../contract/fixtures.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

const { topic, pipeline } = identity;
const WINDOW_MS = 5_000;

let server: TestServer;
let databaseUrl: string;
let sink: Sink;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  databaseUrl = await server.createDatabase();
  await migrate(pipeline, databaseUrl);
  sink = createSink({ ...identity, databaseUrl, forgetIdsEveryMs: Infinity });
});
afterEach(() => sink.close());
afterAll(() => server.close());

const topicIds = createTopicIds(sinkTables(pipeline), { pipeline: pipeline.data.name, topic, allowedLatenessMs: 0 });

function use<T>(work: (ids: TopicIds, client: ClientBase) => Promise<T>): Promise<T> {
  return withConnection(databaseUrl, async (client) => {
    if (topicIds === undefined) throw new Error("The pipeline of these tests has ids over all partitions.");
    await client.query("BEGIN");
    const result = await work(topicIds, client);
    await client.query("COMMIT");
    return result;
  });
}

const forget = () => use(async ({ forgetting }, client) => (await forgetting.forget(client, 0)).gone);
const isForgettingDue = () => use(({ forgetting }, client) => forgetting.isDue(client));
const idOf = (number: number) => eventAt(number, 0).orderId;
const remembered = async () =>
  (await server.query(databaseUrl, "SELECT id, partition FROM orders_ids ORDER BY id")).map((row) => [
    row["id"],
    row["partition"],
  ]);

/** Counts events by their numbers, at so many seconds after the start, and leaves the watermark there. */
async function count(partition: number, events: readonly (readonly [number: number, seconds: number])[], at: number) {
  const claim = await sink.claim(partition, 0);
  const from = claim.nextOffset;
  const rows = events.map(([number, seconds], index) => ({
    ...eventAt(number, 0),
    placedAt: startSeconds + seconds,
    offset: from + index,
  }));
  const ids = rows.map(({ orderId, placedAt, offset }) => ({
    id: orderId,
    offset,
    liveUntilMs: Math.floor((placedAt * 1000) / WINDOW_MS) * WINDOW_MS + WINDOW_MS,
    watermarkMs: claim.watermarkMs,
  }));
  const nextOffset = from + rows.length;
  const watermarkMs = startMs + at * 1000;
  const ledger = { ...noLedger, read: nextOffset, counted: nextOffset };
  const step = checkpointOf([], nextOffset, { rows, ids, watermarkMs, maxEventTimeMs: watermarkMs, ledger });
  await commit(sink, claim, from, step);
}

describe("ids that are unique over all partitions", () => {
  it("are kept while a claimed partition has had no event, or is behind", async () => {
    await sink.claim(1, 0);
    await count(
      0,
      [
        [1, 0],
        [2, 60],
      ],
      60,
    );
    expect(await forget()).toBe(0);
    await count(1, [[3, 4]], 4.999);
    expect(await forget()).toBe(0);
    await count(1, [[4, 5]], 5);
    // Both of the first window, whose end the slower one has reached; not those of the second.
    expect(await forget()).toBe(2);
    expect(await remembered()).toEqual([
      [idOf(2), 0],
      [idOf(4), 1],
    ]);
    expect(await server.query(databaseUrl, "SELECT until::int8::text FROM tidemark.forgotten_ids")).toEqual([
      { until: String(startMs + 5_000) },
    ]);
  });

  it("are put back by the claim of a partition that is below what was forgotten", async () => {
    await count(
      0,
      [
        [1, -3],
        [2, 60],
      ],
      60,
    );
    await count(2, [[3, 0]], 60);
    expect(await forget()).toBe(2);
    expect(await sink.findTaken(1, [idOf(1)])).toEqual(new Map());
    await sink.claim(1, 0);
    const all = [1, 2, 3].map(idOf);
    expect(await sink.findTaken(1, all)).toEqual(
      new Map([
        [0, startMs],
        [1, startMs + 65_000],
        [2, startMs + 5_000],
      ]),
    );
    expect(await remembered()).toEqual([
      [idOf(1), 0],
      [idOf(2), 0],
      [idOf(3), 2],
    ]);
    // It has had no event, so that nothing is forgotten again.
    expect(await forget()).toBe(0);
    expect(await server.query(databaseUrl, "SELECT FROM tidemark.forgotten_ids")).toEqual([]);
  });

  it("are worth a walk through the table at first, and then when a quarter of it may be free", async () => {
    expect(await isForgettingDue()).toBe(false);
    await sink.claim(1, 0);
    await count(0, [[1, 0]], 40);
    expect(await isForgettingDue()).toBe(false);
    await count(1, [[2, 0]], 0);
    expect(await isForgettingDue()).toBe(true);
    expect(await forget()).toBe(0);
    expect(await isForgettingDue()).toBe(false);
    // The table spans 40 s.
    await count(1, [[3, 9]], 9.999);
    expect(await isForgettingDue()).toBe(false);
    await count(1, [[4, 10]], 10);
    expect(await isForgettingDue()).toBe(true);
  });

  it("are forgotten block by block, to the end of the table", async () => {
    await server.query(
      databaseUrl,
      `INSERT INTO orders_ids (topic, id, partition, live_until)
       SELECT '${topic}', gen_random_uuid(), 0, ${startMs} - 1 FROM generate_series(1, 60000)`,
    );
    await count(0, [[1, 0]], 4);
    const walk = (from: number) => use(({ forgetting }, client) => forgetting.forget(client, from));
    const first = await walk(0);
    expect(first.nextBlock).toBeGreaterThan(0);
    const second = await walk(first.nextBlock ?? 0);
    expect([first.gone > 0, first.gone + second.gone, second.nextBlock]).toEqual([true, 60_000, undefined]);
    expect(await remembered()).toEqual([[idOf(1), 0]]);
  });

  it("are looked up by the key however large their table is", async () => {
    const rows = `SELECT '${topic}', gen_random_uuid(), 0, ${startMs} FROM generate_series(1, 20000)`;
    await server.query(databaseUrl, `INSERT INTO orders_ids (topic, id, partition, live_until) ${rows}`);
    const searched = Array.from({ length: 250 }, (_, number) => idOf(number));
    const statement = await use(async (ids) => ids.findStatement(1, searched));
    const plan = async () => JSON.stringify(await server.query(databaseUrl, `EXPLAIN ${statement}`));
    const plans = [await plan()];
    await server.query(databaseUrl, "ANALYZE orders_ids");
    plans.push(await plan());
    for (const text of plans) {
      expect(text).toContain("orders_ids_pkey");
      expect(text).not.toContain("Seq Scan");
    }
  });

  it("are not forgotten while a partition is claimed for the first time", async () => {
    await count(0, [[1, 0]], 60);
    await use(async (ids, client) => {
      await ids.restore(client, -Infinity);
      expect(await forget()).toBe(0);
    });
    expect(await forget()).toBe(1);
  });

  it("stay those of a partition that is read again, and are free where all are", async () => {
    await count(0, [[1, 0]], 60);
    await count(1, [[2, 0]], 60);
    const log = (partition: number) => ({ partition, start: 0, end: 1 });
    await resetPartitions({ ...identity, databaseUrl, partitions: [log(0)] });
    expect(await sink.findTaken(1, [idOf(1)])).toEqual(new Map([[0, startMs + 5_000]]));
    await expect(
      resetPartitions({ ...identity, databaseUrl, partitions: [log(1)], without: [0] }),
    ).rejects.toMatchObject({ code: "refused-rebuild" });
    await resetPartitions({ ...identity, databaseUrl, partitions: [log(0), log(1)] });
    expect(await remembered()).toEqual([]);
  });

  it("are forgotten by a sink beside its checkpoints", async () => {
    sink = createSink({ ...identity, databaseUrl, forgetIdsEveryMs: 0 });
    await count(0, [[1, 0]], 60);
    await expect.poll(remembered, { timeout: 20_000 }).toEqual([]);
  });
});
