import { bigint, integer, pgTable, text, timestamp, uuid, type PgTable } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import type { SinkPipeline, SinkTables } from "../../src/index.js";
import { createMemorySink, createMemoryStore } from "../../src/memory/index.js";
import { checkpoints, definitions } from "../../src/tables/index.js";
import { checkpointOf, commit, eventAt, identity, noLedger, startMs } from "../contract/fixtures.js";

function openStore(pipeline: SinkPipeline = identity.pipeline) {
  const store = createMemoryStore();
  return { store, sinkOf: (changes = {}) => createMemorySink({ ...identity, store, pipeline, ...changes }) };
}

// What any sink does is in ../contract; here is what this one's store gives.
describe("the memory sink", () => {
  it("gives rows, windows, checkpoints and the definition as Drizzle would select them", async () => {
    const { data, tables } = identity.pipeline;
    const { store, sinkOf } = openStore();
    const sink = sinkOf();
    const why = { reason: "not-utf8", field: null, expected: "UTF-8", received: "0xff", watermark: startMs };
    const rejected = [{ offset: 1, bytes: Uint8Array.of(0, 255), byte_length: 2, sha256: null, ...why }];
    const ledger = { ...noLedger, read: 2, counted: 1, rejected: 1 };
    await commit(sink, await sink.claim(1, 0), 0, checkpointOf([0], 2, { ledger, rejected }));
    const place = { topic: identity.topic, partition: 1 };
    expect(store.rows(tables.raw)).toEqual([{ ...eventAt(0, 0), ...place }]);
    expect(store.rows(tables.rejected)).toEqual([{ ...rejected[0], watermark: new Date(startMs), ...place }]);
    expect(store.rows(tables.rollups["orders_5s"] as PgTable)).toMatchObject([
      {
        ...place,
        window_start: new Date(startMs),
        shop: "North",
        channel: 1,
        orders: 2,
        cents_min: null,
        price_sum: 0.1 + 0.2,
      },
    ]);
    expect(store.rows(tables.verdicts[0] as PgTable)).toEqual([
      { ...place, window_start: new Date(startMs), verdict: "counted", detail: "", records: 1 },
    ]);
    expect(store.rows(checkpoints)).toMatchObject([
      { ...place, epoch: 1, nextOffset: 2, watermark: new Date(startMs - 300_000), ...ledger },
    ]);
    expect(store.rows(definitions)).toMatchObject([{ definition: data }]);
  });

  it("takes tables of another job", async () => {
    const place = {
      topic: text("topic"),
      partition: integer("partition"),
      offset: bigint("offset", { mode: "number" }),
    };
    const readings = pgTable("readings", { ...place, key: uuid("key"), at: timestamp("at", { withTimezone: true }) });
    const tables: SinkTables = {
      raw: { table: readings, id: "key", time: "at", timeUnit: "ms", partitionedByDay: false },
      late: readings,
      rejected: pgTable("refused", place),
      rollups: [],
    };
    const { store, sinkOf } = openStore({ data: { name: "readings", allowedLatenessMs: 0 }, tables });
    const sink = sinkOf();
    const row = { offset: 0, key: eventAt(0, 0).orderId, at: new Date(startMs) };
    await commit(sink, await sink.claim(0, 0), 0, checkpointOf([], 1, { rows: [row], changed: [], added: [] }));
    expect(store.rows(readings)).toEqual([{ ...row, topic: identity.topic, partition: 0 }]);
    expect((await sink.claim(0, 0)).ids).toEqual([{ id: row.key, timeMs: startMs }]);
  });
});
