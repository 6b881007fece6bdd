import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createSink,
  migrate,
  socmedTables,
  type Checkpoint,
  type Claim,
  type NewRows,
  type Sink,
  type SinkEvent,
} from "../../src/index.js";
import { socmedRollups } from "../../src/tables/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

const definition = { watermarkDelayMs: 300_000, allowedLatenessMs: 0, maxFutureSkewMs: 60_000, rollups: socmedRollups };
const logStart = 0;
const noLedger = { read: 0, counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0, skipped: 0, lost: 0 };
const start = 1_706_979_600; // 2024-02-03T17:00:00Z

let server: TestServer;
let url: string;
let open: Sink[] = [];
const events: SinkEvent[] = [];

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
  await migrate(url);
  events.length = 0;
});
afterEach(async () => {
  await Promise.all(open.map((sink) => sink.close()));
  open = [];
});

function sinkOf(overrides: Partial<Parameters<typeof createSink>[0]> = {}): Sink {
  const sink = createSink({
    databaseUrl: url,
    topic: "socmed-events",
    group: "tidemark",
    clusterId: "cluster-1",
    definition,
    tables: socmedTables,
    onEvent: (event) => events.push(event),
    ...overrides,
  });
  open.push(sink);
  return sink;
}

function eventAt(offset: number, seconds: number) {
  return {
    ID: `00000000-0000-4000-8000-${String(offset).padStart(12, "0")}`,
    Kota: "Bogor",
    Sosial_Media: "X",
    Usage_Count: 10,
    Sales: 5,
    Visitors: 3,
    PageVisitors: 1,
    Conversion: 2,
    Ts: start + seconds,
    conversion_rate: (2 / 3) * 100,
    bounce_rate: (1 / 3) * 100,
    offset,
  };
}

function checkpointOf(
  offsets: readonly number[],
  nextOffset: number,
  changes: Partial<Checkpoint & NewRows> = {},
): Checkpoint & NewRows {
  return {
    nextOffset,
    watermarkMs: start * 1000 - 300_000,
    maxEventTimeMs: start * 1000,
    ledger: { ...noLedger, read: nextOffset, counted: nextOffset },
    rows: offsets.map((offset) => eventAt(offset, offset)),
    late: [],
    rejected: [],
    changed: [
      {
        rollup: "socmed_5s",
        rows: [
          {
            windowStartMs: start * 1000,
            keys: ["Bogor", "X"],
            values: [nextOffset, 10, 5, 3, 1, 2, 0.1 + 0.2, 1, 1 / 3, 1],
          },
        ],
      },
    ],
    ...changes,
  };
}

function commit(sink: Sink, claim: Claim, expectedOffset: number, checkpoint: Checkpoint & NewRows): Promise<void> {
  const rows = sink.openBuffer(claim.partition);
  rows.add(checkpoint);
  return sink.commit(claim, expectedOffset, checkpoint, rows);
}

const count = async (table: string) =>
  (await server.query(url, `SELECT count(*)::int AS rows FROM ${table}`))[0]?.["rows"];

describe("the Postgres sink", () => {
  it("gives an empty partition at its first claim, beginning where the log begins", async () => {
    const claim = await sinkOf().claim(3, 40);
    expect(claim).toEqual({
      partition: 3,
      epoch: 1,
      startOffset: 40,
      nextOffset: 40,
      watermarkMs: -Infinity,
      maxEventTimeMs: -Infinity,
      ledger: noLedger,
      windows: [],
      ids: [],
    });
  });

  it("gives back at the next claim what the checkpoint wrote: offset, watermark, ledger, open windows, live ids", async () => {
    const sink = sinkOf();
    const first = await sink.claim(0, logStart);
    await commit(sink, first, 0, checkpointOf([0, 1], 2));
    const second = await sinkOf().claim(0, logStart);
    expect(second).toMatchObject({ epoch: 2, startOffset: 0, nextOffset: 2, watermarkMs: start * 1000 - 300_000 });
    expect(second.ledger).toEqual({ ...noLedger, read: 2, counted: 2 });
    expect(second.windows).toEqual([
      {
        rollup: "socmed_5s",
        rows: [
          { windowStartMs: start * 1000, keys: ["Bogor", "X"], values: [2, 10, 5, 3, 1, 2, 0.1 + 0.2, 1, 1 / 3, 1] },
        ],
      },
      { rollup: "socmed_1m", rows: [] },
    ]);
    expect(second.ids).toEqual([
      { id: eventAt(0, 0).ID, timeMs: start * 1000 },
      { id: eventAt(1, 1).ID, timeMs: (start + 1) * 1000 },
    ]);
  });

  it("leaves closed windows and dead ids behind at the next claim", async () => {
    const sink = sinkOf();
    const claim = await sink.claim(0, logStart);
    await commit(sink, claim, 0, checkpointOf([0, 1], 2, { watermarkMs: (start + 6) * 1000 }));
    const next = await sinkOf().claim(0, logStart);
    expect(next.windows.map(({ rows }) => rows)).toEqual([[], []]);
    expect(next.ids).toEqual([]);
  });

  it("fences a commit once another has claimed the partition, and writes none of it", async () => {
    const zombie = sinkOf();
    const claim = await zombie.claim(0, logStart);
    await sinkOf().claim(0, logStart);
    await expect(commit(zombie, claim, 0, checkpointOf([0], 1))).rejects.toMatchObject({ code: "fenced" });
    expect(await count("socmed_user_sales")).toBe(0);
    expect(await count("socmed_5s")).toBe(0);
  });

  it("fences the repetition of a commit that had succeeded", async () => {
    const sink = sinkOf();
    const claim = await sink.claim(0, logStart);
    await commit(sink, claim, 0, checkpointOf([0], 1));
    await expect(commit(sink, claim, 0, checkpointOf([0], 1))).rejects.toMatchObject({ code: "fenced" });
    expect(await count("socmed_user_sales")).toBe(1);
  });

  it("writes absolute window rows over those of the checkpoint before", async () => {
    const sink = sinkOf();
    const claim = await sink.claim(0, logStart);
    await commit(sink, claim, 0, checkpointOf([0], 1));
    await commit(sink, claim, 1, checkpointOf([1], 2));
    expect(await server.query(url, "SELECT events::int FROM socmed_5s")).toEqual([{ events: 2 }]);
  });

  it("keeps late and rejected rows with the watermark that stood, bytes as they came", async () => {
    const sink = sinkOf();
    const claim = await sink.claim(0, logStart);
    const watermark = start * 1000;
    await commit(
      sink,
      claim,
      0,
      checkpointOf([], 2, {
        ledger: { ...noLedger, read: 2, late: 1, rejected: 1 },
        late: [{ ...eventAt(0, -400), watermark, missed_by_ms: 12_345 }],
        rejected: [
          {
            offset: 1,
            bytes: Uint8Array.of(0, 255),
            reason: "not-utf8",
            field: null,
            expected: "UTF-8",
            received: "0xff",
            watermark: null,
          },
        ],
      }),
    );
    expect(await server.query(url, 'SELECT id, missed_by_ms::int, "offset"::int, topic FROM socmed_late')).toEqual([
      { id: eventAt(0, 0).ID, missed_by_ms: 12_345, offset: 0, topic: "socmed-events" },
    ]);
    expect(await server.query(url, "SELECT bytes, reason, field FROM socmed_rejected")).toEqual([
      { bytes: Buffer.of(0, 255), reason: "not-utf8", field: null },
    ]);
  });

  it("refuses a ledger that doesn't add up", async () => {
    const sink = sinkOf();
    const claim = await sink.claim(0, logStart);
    const broken = checkpointOf([0], 1, { ledger: { ...noLedger, read: 1 } });
    await expect(commit(sink, claim, 0, broken)).rejects.toMatchObject({ code: "23514", constraint: "ledger_read" });
    expect(await count("socmed_user_sales")).toBe(0);
  });

  it.each([
    ["refused-group", { group: "another" }],
    ["refused-cluster", { clusterId: "cluster-2" }],
    ["refused-definition", { definition: { ...definition, watermarkDelayMs: 1 } }],
  ])("refuses (%s) an identity other than the one stored, and leaves the owner alone", async (code, identity) => {
    const owner = sinkOf();
    const claim = await owner.claim(0, logStart);
    await expect(sinkOf(identity).claim(0, logStart)).rejects.toMatchObject({ code });
    await expect(sinkOf(identity).claim(1, logStart)).rejects.toMatchObject({ code });
    await commit(owner, claim, 0, checkpointOf([0], 1));
  });

  it("makes the day partitions that rows need, from two writers at once", async () => {
    const days = Array.from({ length: 6 }, (_, day) => day);
    const writers = [sinkOf(), sinkOf()];
    await Promise.all(
      writers.map(async (sink, partition) => {
        const claim = await sink.claim(partition, logStart);
        const rows = days.map((day) => eventAt(day, day * 86_400));
        await commit(sink, claim, 0, checkpointOf([], days.length, { rows, changed: [] }));
      }),
    );
    expect(await count("socmed_user_sales")).toBe(12);
    const made = await server.query(
      url,
      "SELECT count(*)::int AS days FROM pg_inherits WHERE inhparent = 'socmed_user_sales'::regclass",
    );
    expect(made).toEqual([{ days: 6 }]);
  });

  it("takes events of the first and the last day that the schema allows", async () => {
    const sink = sinkOf();
    const claim = await sink.claim(0, logStart);
    const rows = [
      { ...eventAt(0, 0), Ts: 0 },
      { ...eventAt(1, 0), Ts: 253_402_300_799 },
    ];
    await commit(sink, claim, 0, checkpointOf([], 2, { rows, changed: [] }));
    expect(
      await server.query(url, "SELECT extract(epoch FROM ts)::int8::text AS ts FROM socmed_user_sales ORDER BY 1"),
    ).toEqual([{ ts: "0" }, { ts: "253402300799" }]);
  });

  it("ends whoever holds the checkpoint row for longer than a statement may take, and says so once", async () => {
    const sink = sinkOf({
      limits: { statementTimeoutMs: 200, lockTimeoutMs: 100, idleInTransactionTimeoutMs: 60_000 },
    });
    await sink.claim(0, logStart);
    const stopped = new Client({ connectionString: url });
    const ended = new Promise<Error>((resolve) => {
      stopped.on("error", resolve);
    });
    await stopped.connect();
    const { rows } = await stopped.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const pid = rows[0]?.pid ?? Number.NaN;
    await stopped.query("BEGIN; UPDATE tidemark.checkpoints SET epoch = epoch");
    // As on a busy machine, it does not end at once.
    process.kill(pid, "SIGSTOP");
    const claiming = sink.claim(0, logStart);
    try {
      await vi.waitUntil(() => events.length > 0, { timeout: 50_000 });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    } finally {
      process.kill(pid, "SIGCONT");
    }
    const claim = await claiming;
    expect(claim.epoch).toBe(2);
    expect(await ended).toMatchObject({ code: "57P01" });
    expect(events).toEqual([{ kind: "terminated-blocker", partition: 0, pids: [pid] }]);
  });

  it("goes on by itself when its connections are cut, and writes once", async () => {
    const sink = sinkOf();
    const claim = await sink.claim(0, logStart);
    await server.query(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark-sink'",
    );
    await commit(sink, claim, 0, checkpointOf([0], 1));
    expect(await count("socmed_user_sales")).toBe(1);
  });

  it("waits while Postgres refuses connections, says so, and stops waiting when it is closed", async () => {
    const waiting = sinkOf({
      databaseUrl: "postgresql://nobody@127.0.0.1:1/none",
      onEvent: (event) => {
        events.push(event);
        if (events.length === 3) void waiting.close();
      },
    });
    await expect(waiting.claim(0, logStart)).rejects.toMatchObject({ code: "closed" });
    open = [];
    expect(events[0]).toMatchObject({ kind: "unavailable", attempt: 1 });
  });
});
