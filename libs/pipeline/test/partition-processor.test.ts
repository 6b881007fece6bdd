import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { defineEvent, type Decoder } from "@tidemark/schema";
import { expect, it } from "vitest";
import { z } from "zod";
import { count, definePipeline, mean, sum, tumbling } from "../src/definition/index.js";
import { createPartitionProcessor } from "../src/partition-processor.js";
import { claimOf } from "./events.js";

const schema = z.object({ id: z.string(), shop: z.int(), cents: z.int().nullable(), at: z.int() });
const time = { field: "at", unit: "us" } as const;
const definition = {
  name: "visits",
  id: "id",
  time,
  watermark: { delay: "1m" },
  rollups: [
    {
      name: "visits_1m",
      window: tumbling("1m"),
      keys: ["shop"],
      aggregates: { visits: count(), cents: sum("cents"), cents_mean: mean("cents") },
    },
  ],
} as const;

const batchOf = (values: readonly Uint8Array[]) => ({
  records: values.map((value, offset) => ({ value, offset, timestampMs: -1, key: null })),
  nextOffset: values.length,
  skipped: 0,
  lost: 0,
  logEndOffset: values.length,
});

const bytesOf = (event: object) => new TextEncoder().encode(JSON.stringify(event));

it("leaves nulls of an integer field out of its sum and mean, and counts the event", () => {
  const pipeline = definePipeline({ ...definition, event: schema });
  const processor = createPartitionProcessor(pipeline, claimOf(0));
  const events = [
    { id: "a", shop: 7, cents: 10, at: 60_000_000_999 },
    { id: "b", shop: 7, cents: null, at: 60_000_001_000 },
  ];
  processor.process(batchOf(events.map(bytesOf)));
  const { ledger, changed } = processor.checkpoint();
  expect(ledger).toMatchObject({ read: 2, counted: 2, rejected: 0 });
  const startMs = 60_000_000 - (60_000_000 % 60_000);
  expect(changed[0]?.rows).toEqual([{ windowStartMs: startMs, keys: ["7"], values: [2, 10, 10, 1] }]);
});

it("takes events of a decoder of the user's own, which it leaves as they are", () => {
  const decoder: Decoder<z.output<typeof schema>> = (bytes) => {
    const [shop = 0] = bytes ?? [];
    return { ok: true, event: Object.freeze({ id: `visit ${shop}`, shop, cents: 5, at: 60_000_000 }) };
  };
  const pipeline = definePipeline({ ...definition, event: defineEvent(schema, { time, decoder }) });
  expect(pipeline.data.decoder).toBe("custom");
  const processor = createPartitionProcessor(pipeline, claimOf(0));
  const { rows } = processor.process(batchOf([Uint8Array.of(3)]));
  expect(rows).toMatchObject([{ id: "visit 3", shop: 3, offset: 0 }]);
});

it("remembers as many ids as it is told, and names the setting where that is not enough", () => {
  const pipeline = definePipeline({ ...definition, event: schema });
  const events = ["a", "b", "c"].map((id) => ({ id, shop: 7, cents: 1, at: 60_000_000_000 }));
  const claim = { ...claimOf(0), ids: new Set(["x", "y"].map((id) => ({ id, timeMs: 60_000_000 }))) };
  const restored = { ...claim, ids: Object.assign(claim.ids, { length: 2 }) };
  createPartitionProcessor(pipeline, restored, new Map(), 5).process(batchOf(events.map(bytesOf)));
  const process = () =>
    createPartitionProcessor(pipeline, restored, new Map(), 4).process(batchOf(events.map(bytesOf)));
  expect(process).toThrow(/More than 4 ids are live.*raise maxLiveIds/);
  expect(() => createPartitionProcessor(pipeline, restored, new Map(), 1)).toThrow(/More than 1 ids are live/);
});

it.each([
  ["the first 4 KiB", undefined, 4_096],
  ["all", "whole", 100_000],
] as const)("keeps %s of a rejected value, and the length and SHA-256 of all of it", (_which, rejectedValues, kept) => {
  const tables = rejectedValues === undefined ? {} : { rejectedValues };
  const pipeline = definePipeline({ ...definition, event: schema, tables });
  const values = [Buffer.alloc(100_000, "x"), Buffer.from("{")];
  const { rejected } = createPartitionProcessor(pipeline, claimOf(0)).process(batchOf(values));
  const sha256 = values.map((value) => createHash("sha256").update(value).digest());
  expect(rejected).toMatchObject([
    { offset: 0, byte_length: 100_000, sha256: sha256[0] },
    { offset: 1, bytes: values[1], byte_length: 1, sha256: sha256[1] },
  ]);
  expect(rejected[0]?.bytes).toEqual(values[0]?.subarray(0, kept));
});

it("keeps no rows of a batch that was judged: each of many partitions would hold its last ones", async () => {
  const processor = createPartitionProcessor(definePipeline({ ...definition, event: schema }), claimOf(0));
  const judge = (): WeakRef<object> => {
    const { rows } = processor.process(batchOf([bytesOf({ id: "a", shop: 7, cents: 10, at: 60_000_000_000 })]));
    return new WeakRef(rows[0] ?? {});
  };
  const row = judge();
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  await expect
    .poll(() => {
      collectGarbage();
      return row.deref() === undefined;
    })
    .toBe(true);
  expect(processor.pending).toBe(1);
});
