import { bigint, integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import {
  socmedTables,
  type Checkpoint,
  type Claim,
  type NewRows,
  type Sink,
  type SinkTables,
} from "../../src/index.js";
import { createMemorySink, createMemoryStore } from "../../src/memory/index.js";
import {
  checkpoints,
  definitions,
  socmed5s,
  socmedLate,
  socmedRejected,
  socmedRollups,
  socmedUserSales,
} from "../../src/tables/index.js";

const definition = { watermarkDelayMs: 300_000, allowedLatenessMs: 0, maxFutureSkewMs: 60_000, rollups: socmedRollups };
const noLedger = { read: 0, counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0, skipped: 0, lost: 0 };
const start = 1_706_979_600; // 2024-02-03T17:00:00Z
const identity = { topic: "socmed-events", group: "tidemark", clusterId: "cluster-1", definition };

function eventAt(offset: number, seconds: number) {
  return {
    ID: `00000000-0000-4000-8000-00000000000${offset}`,
    Kota: "Bogor",
    Sosial_Media: "X",
    Usage_Count: 10,
    Sales: 5,
    Visitors: 3,
    PageVisitors: 1,
    Conversion: 2,
    Ts: start + seconds,
    conversion_rate: (2 / 3) * 100,
    bounce_rate: null,
    offset,
  };
}

const windowOf = (events: number) => ({
  rollup: "socmed_5s",
  rows: [{ windowStartMs: start * 1000, keys: ["Bogor", "X"], values: [events, 10, 5, 3, 1, 2, 0.1 + 0.2, 1, 0, 0] }],
});

function checkpointOf(nextOffset: number, changes: Partial<Checkpoint> = {}): Checkpoint {
  return {
    nextOffset,
    watermarkMs: start * 1000 - 300_000,
    maxEventTimeMs: start * 1000,
    ledger: { ...noLedger, read: nextOffset, counted: nextOffset },
    changed: [windowOf(nextOffset)],
    ...changes,
  };
}

function commit(sink: Sink, claim: Claim, expectedOffset: number, checkpoint: Checkpoint, added: Partial<NewRows>) {
  const rows = sink.openBuffer(claim.partition);
  rows.add({ rows: [], late: [], rejected: [], ...added });
  return sink.commit(claim, expectedOffset, checkpoint, rows);
}

function openStore(tables: SinkTables = socmedTables) {
  const store = createMemoryStore();
  return { store, sinkOf: (changes = {}) => createMemorySink({ ...identity, store, tables, ...changes }) };
}

describe("the memory sink", () => {
  it("gives rows, windows, checkpoints and the definition as Drizzle would select them", async () => {
    const { store, sinkOf } = openStore();
    const sink = sinkOf();
    const claim = await sink.claim(1, 0);
    const late = [
      { ...eventAt(1, -400), ID: "ABCDEF00-0000-4000-8000-000000000000", watermark: start * 1000, missed_by_ms: 5 },
    ];
    const why = { reason: "not-utf8", field: null, expected: "UTF-8", received: "0xff", watermark: null };
    const rejected = [{ offset: 2, bytes: Uint8Array.of(0, 255), ...why }];
    const ledger = { ...noLedger, read: 3, counted: 1, late: 1, rejected: 1 };
    await commit(sink, claim, 0, checkpointOf(3, { ledger }), { rows: [eventAt(0, 0)], late, rejected });
    const place = { topic: "socmed-events", partition: 1 };
    expect(store.rows(socmedUserSales)).toEqual([{ ...eventAt(0, 0), ...place }]);
    expect(store.rows(socmedLate)).toEqual([
      { ...late[0], ID: "abcdef00-0000-4000-8000-000000000000", watermark: new Date(start * 1000), ...place },
    ]);
    expect(store.rows(socmedRejected)).toEqual([{ ...rejected[0], ...place }]);
    expect(store.rows(socmed5s)).toMatchObject([
      { ...place, window_start: new Date(start * 1000), Kota: "Bogor", events: 3, conversion_rate_sum: 0.1 + 0.2 },
    ]);
    expect(store.rows(checkpoints)).toMatchObject([
      { ...place, epoch: 1, nextOffset: 3, watermark: new Date(start * 1000 - 300_000), ...ledger },
    ]);
    expect(store.rows(definitions)).toMatchObject([{ definition }]);
  });

  it("gives back at another sink's claim what the checkpoint wrote, as far as it is open", async () => {
    const { sinkOf } = openStore();
    const sink = sinkOf();
    const claim = await sink.claim(0, 0);
    await commit(sink, claim, 0, checkpointOf(2), { rows: [eventAt(0, 0), eventAt(1, 6)] });
    expect(await sinkOf().claim(0, 1)).toEqual({
      partition: 0,
      epoch: 2,
      startOffset: 0,
      nextOffset: 2,
      watermarkMs: start * 1000 - 300_000,
      maxEventTimeMs: start * 1000,
      ledger: { ...noLedger, read: 2, counted: 2 },
      windows: [windowOf(2), { rollup: "socmed_1m", rows: [] }],
      ids: [
        { id: eventAt(0, 0).ID, timeMs: start * 1000 },
        { id: eventAt(1, 0).ID, timeMs: (start + 6) * 1000 },
      ],
    });
    const again = await sink.claim(0, 0);
    const ledger = { ...noLedger, read: 3, counted: 2, late: 1 };
    await commit(sink, again, 2, checkpointOf(3, { watermarkMs: (start + 7) * 1000, changed: [], ledger }), {});
    const last = await sink.claim(0, 0);
    expect(last.windows.map(({ rows }) => rows)).toEqual([[], []]);
    expect(last.ids).toEqual([{ id: eventAt(1, 0).ID, timeMs: (start + 6) * 1000 }]);
  });

  it("fences a commit of an earlier epoch and a repeated one, and writes none of it", async () => {
    const { store, sinkOf } = openStore();
    const sink = sinkOf();
    const first = await sink.claim(0, 0);
    await commit(sink, first, 0, checkpointOf(1), { rows: [eventAt(0, 0)] });
    await expect(commit(sink, first, 0, checkpointOf(1), { rows: [eventAt(0, 0)] })).rejects.toMatchObject({
      code: "fenced",
    });
    await sinkOf().claim(0, 0);
    await expect(commit(sink, first, 1, checkpointOf(2), { rows: [eventAt(1, 1)] })).rejects.toMatchObject({
      code: "fenced",
    });
    expect(store.rows(socmedUserSales)).toHaveLength(1);
    expect(store.rows(socmed5s)).toMatchObject([{ events: 1 }]);
    expect(store.rows(checkpoints)).toMatchObject([{ nextOffset: 1, epoch: 2 }]);
  });

  it.each([
    ["ledger_read", { ledger: { ...noLedger, read: 1 } }],
    ["ledger_offsets", { ledger: { ...noLedger, read: 2, counted: 2 } }],
  ])("refuses a ledger that breaks %s, and writes nothing", async (constraint, changes) => {
    const { store, sinkOf } = openStore();
    const sink = sinkOf();
    const claim = await sink.claim(0, 0);
    await expect(commit(sink, claim, 0, checkpointOf(1, changes), { rows: [eventAt(0, 0)] })).rejects.toMatchObject({
      code: "23514",
      constraint,
    });
    expect(store.rows(socmedUserSales)).toEqual([]);
    expect(store.rows(checkpoints)).toMatchObject([{ nextOffset: 0 }]);
  });

  it.each([
    ["refused-group", { group: "another" }],
    ["refused-cluster", { clusterId: "cluster-2" }],
    ["refused-definition", { definition: { ...definition, watermarkDelayMs: 1 } }],
  ])("refuses (%s) an identity other than the one stored, and leaves the owner alone", async (code, changes) => {
    const { store, sinkOf } = openStore();
    const owner = sinkOf();
    const claim = await owner.claim(0, 0);
    await expect(sinkOf(changes).claim(0, 0)).rejects.toMatchObject({ code });
    await expect(sinkOf(changes).claim(1, 0)).rejects.toMatchObject({ code });
    await commit(owner, claim, 0, checkpointOf(1), {});
    expect(store.rows(checkpoints)).toHaveLength(1);
    expect(store.rows(definitions)).toHaveLength(1);
  });

  it("refuses what a column can't hold, in rows and in windows, and writes nothing of such a commit", async () => {
    const { store, sinkOf } = openStore();
    const sink = sinkOf();
    const claim = await sink.claim(0, 0);
    const wide = { ...eventAt(0, 0), Sales: 2_147_483_648 };
    expect(() => sink.openBuffer(0).add({ rows: [wide], late: [], rejected: [] })).toThrow(/Column sales \(integer\)/);
    await expect(commit(sink, claim, 0, checkpointOf(1, { changed: [windowOf(0.5)] }), {})).rejects.toThrow(/events/);
    const [row] = windowOf(1).rows;
    const twice = { rollup: "socmed_5s", rows: [row, row].flatMap((each) => each ?? []) };
    await expect(commit(sink, claim, 0, checkpointOf(1, { changed: [twice] }), {})).rejects.toThrow(/twice/);
    await expect(
      commit(sink, claim, 0, checkpointOf(1, { changed: [{ rollup: "other", rows: [] }] }), {}),
    ).rejects.toThrow(/other/);
    expect(store.rows(checkpoints)).toMatchObject([{ nextOffset: 0 }]);
  });

  it("does nothing more once it is closed, and leaves other sinks alone", async () => {
    const { sinkOf } = openStore();
    const sink = sinkOf();
    const claim = await sink.claim(0, 0);
    await sink.close();
    await expect(commit(sink, claim, 0, checkpointOf(1), {})).rejects.toMatchObject({ code: "closed" });
    await expect(sink.claim(0, 0)).rejects.toMatchObject({ code: "closed" });
    expect((await sinkOf().claim(0, 0)).nextOffset).toBe(0);
  });

  it("takes tables of another job", async () => {
    const place = {
      topic: text("topic"),
      partition: integer("partition"),
      offset: bigint("offset", { mode: "number" }),
    };
    const readings = pgTable("readings", { ...place, key: uuid("key"), at: timestamp("at", { withTimezone: true }) });
    const { store, sinkOf } = openStore({
      raw: { table: readings, id: "key", time: "at", timeUnitMs: 1, partitionedByDay: false },
      late: readings,
      rejected: pgTable("refused", place),
      rollups: [],
    });
    const sink = sinkOf({ definition: { ...definition, rollups: [] } });
    const claim = await sink.claim(0, 0);
    const row = { offset: 0, key: eventAt(0, 0).ID, at: new Date(start * 1000) };
    await commit(sink, claim, 0, checkpointOf(1, { changed: [] }), { rows: [row] });
    expect(store.rows(readings)).toEqual([{ ...row, topic: "socmed-events", partition: 0 }]);
    expect((await sink.claim(0, 0)).ids).toEqual([{ id: row.key, timeMs: start * 1000 }]);
  });
});
