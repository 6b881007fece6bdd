import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyRetention, createSink, migrate, recordQuiet, type QuietPartition, type Sink } from "../../src/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity, openPartition, pipeline, type PartitionWriter } from "./partition-writer.js";

let server: TestServer;
let url: string;
let sink: Sink;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
  await migrate(pipeline, url);
  sink = createSink({ ...identity, databaseUrl: url });
});
afterEach(() => sink.close());

const { topic } = identity;
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
const at = (time: string) => `2024-02-03T${time}Z`;

const note = (quiet: readonly QuietPartition[], askedMs = performance.now(), of = topic) =>
  recordQuiet({ databaseUrl: url, pipeline, topic: of }, { quiet, askedMs });

/** As a consumer says it of partitions at the offsets of their checkpoints. */
async function say(partitions: readonly number[], quietMs = 60_000): Promise<string | undefined> {
  const rows = await server.query(url, "SELECT partition, epoch::int, next_offset::int FROM tidemark.checkpoints");
  const quiet = rows
    .filter(({ partition }) => partitions.includes(partition as number))
    .map((row) => ({
      partition: row["partition"] as number,
      epoch: row["epoch"] as number,
      nextOffset: row["next_offset"] as number,
      quietMs,
    }));
  return iso(await note(quiet));
}

const closed = async (rollup = "orders_1m") =>
  (await server.query(url, `SELECT window_start, closed FROM ${rollup}_total ORDER BY 1`)).map((row) => [
    (row["window_start"] as Date).toISOString().slice(11, 19),
    row["closed"],
  ]);
const health = async () =>
  (
    await server.query(
      url,
      "SELECT partition, quiet, holds_watermark AS holds FROM tidemark.pipeline_health ORDER BY partition",
    )
  ).map(({ partition, quiet, holds }) => [partition, quiet, holds]);

describe("a partition that is quiet", () => {
  it("holds back windows until that is said, and then the lowest watermark of the others closes them", async () => {
    const [first, second] = [await openPartition(sink, 0), await openPartition(sink, 1)];
    await first.count(at("17:00:30"));
    await second.count(at("17:02:30"));
    expect(await say([])).toBeUndefined();
    expect(await closed()).toEqual([
      ["17:00:00", false],
      ["17:02:00", false],
    ]);
    expect(await say([0])).toBe("2024-02-03T17:02:30.000Z");
    expect(await closed()).toEqual([
      ["17:00:00", true],
      ["17:02:00", false],
    ]);
    expect(await health()).toEqual([
      [0, true, false],
      [1, false, true],
    ]);
  });

  it("is passed over though it never had a record, and so is one whose records were all rejected", async () => {
    const [first] = [await openPartition(sink, 0), await openPartition(sink, 1)];
    await (await openPartition(sink, 2)).reject();
    await first.count(at("17:00:30"));
    await first.count(at("17:01:00"));
    expect(await say([1])).toBeUndefined();
    expect(await say([1, 2])).toBe("2024-02-03T17:01:00.000Z");
    expect(await closed()).toEqual([
      ["17:00:00", true],
      ["17:01:00", false],
    ]);
  });

  it("that has records again takes no window back: what was closed stays closed and changes, later ones wait for it", async () => {
    const [first, second] = [await openPartition(sink, 0), await openPartition(sink, 1)];
    await first.count(at("17:00:30"));
    await second.count(at("17:02:30"));
    await openPartition(sink, 2);
    await say([0, 2]);
    await first.count(at("17:00:45"));
    await second.count(at("17:05:00"));
    expect(await say([2])).toBe("2024-02-03T17:02:30.000Z");
    expect(await closed()).toEqual([
      ["17:00:00", true],
      ["17:02:00", false],
      ["17:05:00", false],
    ]);
    const [window] = await server.query(url, "SELECT orders::int FROM orders_1m_total ORDER BY window_start LIMIT 1");
    expect(window).toEqual({ orders: 2 });
  });

  it.each([
    ["it was claimed again", async () => void (await sink.claim(0, 0))],
    [
      "it has read more since",
      () =>
        server.query(
          url,
          "UPDATE tidemark.checkpoints SET next_offset = next_offset + 1, skipped = 1 WHERE partition = 0",
        ),
    ],
    [
      "nobody has said it for 15 s",
      () => server.query(url, "UPDATE tidemark.quiet_partitions SET observed_at = observed_at - interval '16 s'"),
    ],
    [
      "the server's clock was set back since",
      () => server.query(url, "UPDATE tidemark.quiet_partitions SET observed_at = observed_at + interval '1 hour'"),
    ],
  ])("holds back once more where %s", async (_name, end) => {
    const [first, second] = [await openPartition(sink, 0), await openPartition(sink, 1)];
    await first.count(at("17:00:30"));
    await second.count(at("17:02:30"));
    await say([0]);
    await end();
    expect(await health()).toEqual([
      [0, false, true],
      [1, false, false],
    ]);
    await second.count(at("17:05:00"));
    expect(await say([])).toBe("2024-02-03T17:02:30.000Z");
  });

  it("is not passed over by what a former owner says of it", async () => {
    const [first, second] = [await openPartition(sink, 0), await openPartition(sink, 1)];
    await first.count(at("17:00:30"));
    await second.count(at("17:02:30"));
    await say([0]);
    await sink.claim(0, 0);
    await say([0]);
    const old = { partition: 0, epoch: first.claim.epoch, nextOffset: 1, quietMs: 1 };
    await note([old]);
    expect(await health()).toMatchObject([
      [0, true, false],
      [1, false, true],
    ]);
  });

  it("is not passed over by what was seen of the log so long ago", async () => {
    const [first, second] = [await openPartition(sink, 0), await openPartition(sink, 1)];
    await first.count(at("17:00:30"));
    await second.count(at("17:02:30"));
    const quiet = [{ partition: 0, epoch: first.claim.epoch, nextOffset: 1, quietMs: 60_000 }];
    expect(await note(quiet, performance.now() - 16_000)).toBeUndefined();
    expect(iso(await note(quiet))).toBe("2024-02-03T17:02:30.000Z");
  });

  it("of another pipeline or topic is not meant", async () => {
    const first = await openPartition(sink, 0);
    await first.count(at("17:00:30"));
    const quiet = { partition: 0, epoch: first.claim.epoch, nextOffset: 1, quietMs: 60_000 };
    expect(await note([quiet], performance.now(), "another")).toBeUndefined();
    expect(await health()).toEqual([[0, false, true]]);
  });
});

describe("where all partitions are quiet", () => {
  it("the highest watermark closes windows, and the time since, up to the end of the newest event's largest window", async () => {
    const [first, second] = [await openPartition(sink, 0), await openPartition(sink, 1)];
    await first.count(at("17:00:30"));
    await second.count(at("17:02:30"));
    await openPartition(sink, 2);
    expect(await say([0, 1, 2], 10_000)).toBe("2024-02-03T17:02:40.000Z");
    expect(await say([0, 1, 2], 30_000)).toBe("2024-02-03T17:03:00.000Z");
    expect(await closed()).toEqual([
      ["17:00:00", true],
      ["17:02:00", true],
    ]);
    expect(await closed("orders_1h")).toEqual([["17:00:00", false]]);
    expect(await say([0, 1, 2], 86_400_000)).toBe("2024-02-03T18:00:00.000Z");
    expect(await closed("orders_1h")).toEqual([["17:00:00", true]]);
  });

  it("and none had an event, nothing is closed", async () => {
    await openPartition(sink, 0);
    expect(await say([0])).toBeUndefined();
  });
});

describe("retention", () => {
  const noon = (day: number) => new Date(Date.UTC(2024, 1, day, 12)).toISOString();
  const days = async (table = "orders", time = "placed_at") =>
    (
      await server.query(
        url,
        `SELECT partition, to_char(${time} AT TIME ZONE 'UTC', 'MM-DD') AS day FROM ${table} ORDER BY 1, 2`,
      )
    ).map(({ partition, day }) => `${String(partition)}: ${String(day)}`);
  let writers: readonly PartitionWriter[];

  beforeEach(async () => {
    writers = [await openPartition(sink, 0), await openPartition(sink, 1)];
    for (const day of [1, 2]) await writers[0]?.count(noon(day));
    for (const day of [1, 2, 3, 4, 5]) await writers[1]?.count(noon(day));
  });
  const apply = () => applyRetention({ databaseUrl: url, pipeline, days: 1 });

  it("is held back by a partition that nobody says is quiet, and not by one that is", async () => {
    expect((await apply()).dropped).toEqual([]);
    await say([0]);
    expect((await apply()).dropped).toMatchObject([
      { table: "orders", rows: 3, beforeMs: Date.parse("2024-02-04T00:00:00Z") },
      { table: "orders_5s", rows: 4, beforeMs: Date.parse("2024-02-04T00:00:00Z") },
    ]);
    // The day in which the quiet partition has open windows and live ids stays, and of windows those that are open.
    expect(await days()).toEqual(["0: 02-02", "1: 02-02", "1: 02-04", "1: 02-05"]);
    expect(await days("orders_5s", "window_start")).toEqual(["0: 02-02", "1: 02-04", "1: 02-05"]);
  });

  it("leaves what the quiet partition needs, so that a claim gives back its open windows and live ids", async () => {
    const before = await sink.claim(0, 0);
    await say([0]);
    await apply();
    const after = await sink.claim(0, 0);
    expect(after.windows).toEqual(before.windows);
    expect(after.ids).toHaveLength(1);
    expect([...after.ids]).toEqual([...before.ids]);
  });

  it("takes events that such a partition brings of days that are gone, and drops them once it is quiet or has gone on", async () => {
    await say([0]);
    await apply();
    await writers[0]?.count(noon(3));
    expect(await days()).toEqual(["0: 02-02", "0: 02-03", "1: 02-02", "1: 02-04", "1: 02-05"]);
    expect((await apply()).dropped).toEqual([]);
    await writers[0]?.count(noon(5));
    expect((await apply()).dropped).toMatchObject([
      { table: "orders", rows: 3 },
      { table: "orders_5s", rows: 2 },
    ]);
    expect(await days()).toEqual(["0: 02-05", "1: 02-04", "1: 02-05"]);
    const notes = await server.query(
      url,
      "SELECT dropped_rows::int AS rows FROM tidemark.retention ORDER BY table_name",
    );
    expect(notes).toEqual([{ rows: 6 }, { rows: 6 }]);
  });

  it("drops no day of which the quiet partition has brought events while it waited", async () => {
    await say([0]);
    const reader = new Client({ connectionString: url });
    await reader.connect();
    await reader.query("BEGIN; SELECT FROM orders");
    const running = apply();
    // For the lock, or until it asks for that again: it has looked at the watermarks by then.
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%drop_days%'
      AND state = 'active' AND wait_event_type IN ('Lock', 'Timeout')`;
    await expect.poll(() => server.query(url, waits)).toHaveLength(1);
    await writers[0]?.count(noon(3));
    await reader.end();
    expect((await running).isDone).toBe(false);
    expect(await days()).toContain("0: 02-03");
  });

  it("follows the highest watermark where all are quiet", async () => {
    await say([0, 1]);
    expect((await apply()).dropped).toMatchObject([{ rows: 3 }, { rows: 4 }]);
  });
});
