import { uuid } from "@tidemark/schema";
import { pgTable, integer, text, timestamp } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { count, definePipeline, tumbling } from "../src/definition/index.js";
import { createEventRows } from "../src/event-rows.js";
import { createPartitionProcessor, type ProcessedRows } from "../src/partition-processor.js";
import type { PipelineEvent } from "../src/pipeline-event.js";
import { emitProcessed } from "../src/processed-event.js";
import { claimOf } from "./events.js";

const event = z.object({ id: uuid(), visitor: uuid(), page: uuid().nullable(), at: z.int() });
const rollup = { name: "views_1m", window: tumbling("1m"), keys: ["visitor"], aggregates: { views: count() } } as const;
const definition = {
  name: "views",
  event,
  id: "id",
  time: { field: "at", unit: "s" },
  watermark: { delay: "1m" },
  rollups: [rollup],
} as const;
const views = definePipeline(definition);

const numbered = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const view = (offset: number) => ({
  id: numbered(offset),
  visitor: numbered(900 + (offset % 2)),
  page: numbered(800),
  at: 1_000_000_000 + offset,
});

function recordOf(value: object, offset: number) {
  return { value: Buffer.from(JSON.stringify(value)), offset, timestampMs: -1, key: null };
}

function rowOf(rows: ReturnType<typeof createEventRows>, offset: number) {
  const made = rows.make(recordOf(view(offset), offset));
  if (!made.ok) throw new Error("The record is no event.");
  return made.event;
}

describe("rows that are reused", () => {
  it("have the ids that nobody needs as text as words; keys, and what may be null, are texts", () => {
    const rows = createEventRows(views, { reused: 2 });
    const row = rowOf(rows, 16);
    expect(row).toMatchObject({ id: Int32Array.of(0, 0x4000, -0x8000_0000, 0x16), visitor: numbered(900) });
    expect(row).toMatchObject({ page: numbered(800), offset: 16 });
  });

  it("are written over after as many others; what is kept stays, with ids as texts", () => {
    const rows = createEventRows(views, { reused: 2 });
    const first = rowOf(rows, 0);
    const kept = rows.keep(first);
    expect(kept).toEqual({ ...view(0), offset: 0 });
    expect(rowOf(rows, 1)).not.toBe(first);
    expect(rowOf(rows, 2)).toBe(first);
    expect(first.offset).toBe(2);
    expect(kept).toEqual({ ...view(0), offset: 0 });
  });

  it("have texts for a table of one's own whose id is a text", () => {
    const raw = pgTable("own_views", {
      topic: text("topic").notNull(),
      partition: integer("partition").notNull(),
      offset: integer("offset").notNull(),
      id: text("id").notNull(),
      visitor: text("visitor"),
      page: text("page"),
      at: timestamp("at", { withTimezone: true }).notNull(),
    });
    const own = definePipeline({ ...definition, name: "own_views", tables: { raw } });
    expect(rowOf(createEventRows(own, { reused: 2 }), 3)).toMatchObject({ id: numbered(3) });
  });

  it("are not used where ids are unique over all partitions: these are looked up while others are made", () => {
    const unique = definePipeline({ ...definition, name: "unique_views", idScope: "topic" });
    const rows = createEventRows(unique, { reused: 2 });
    const [first] = [0, 1, 2].map((offset) => rowOf(rows, offset));
    expect(first).toEqual({ ...view(0), offset: 0 });
  });

  it("give what new rows give: the same checkpoint, and rows that stay for who asks in time", () => {
    const records = [0, 1, 2, 1, 3].map((number, offset) => recordOf(view(number), offset));
    const batch = { records, nextOffset: 5, skipped: 0, lost: 0, logEndOffset: 5 };
    const reused = createEventRows(views, { reused: 5 });
    const plain = createPartitionProcessor(views, claimOf(0));
    const processor = createPartitionProcessor(views, claimOf(0), new Map(), undefined, reused);
    const expected = plain.process(batch);
    let asked: ProcessedRows | undefined;
    let told: PipelineEvent | undefined;
    emitProcessed(
      (one) => {
        told = one;
        if (one.type === "processed") asked = one.rows();
      },
      { partition: 0, lead: processor.lead },
      processor.process(batch),
      reused,
    );
    processor.decode({ ...batch, records: records.toReversed() });
    expect(asked).toEqual(expected);
    expect(asked?.rows).toHaveLength(4);
    expect(told).toMatchObject({ taken: 4 });
    expect(() => told?.type === "processed" && told.rows()).toThrow(/before it returns/);
    expect(processor.checkpoint()).toEqual(plain.checkpoint());
  });
});
