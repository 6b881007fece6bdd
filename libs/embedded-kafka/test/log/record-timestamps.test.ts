import fc from "fast-check";
import { expect, test } from "vitest";
import { readBatchHeader } from "../../src/log/record-batch.js";
import { findRecord } from "../../src/log/record-timestamps.js";
import { buildBatch, type BatchOptions } from "../batch-builder.js";

function find(options: BatchOptions, timestamp: number, from = 0) {
  const batch = buildBatch(options);
  const header = readBatchHeader(batch, 0);
  if (header === null) throw new Error("no batch");
  return findRecord(batch, header, timestamp, from);
}

test("the first record at or after the time, and at or behind the offset, is found in plain and in gzip", () => {
  const times = fc.array(fc.integer({ min: 0, max: 2 ** 43 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(times, fc.boolean(), fc.nat(), fc.nat(25), (timestamps, gzip, at, from) => {
      const wanted = timestamps[at % timestamps.length] ?? 0;
      const values = timestamps.map((_, index) => "v".repeat(index * 10));
      const offset = timestamps.findIndex((timestamp, index) => timestamp >= wanted && index >= from);
      const expected = offset < 0 ? null : { offset, timestamp: timestamps[offset] };
      expect(find({ values, timestamps, gzip }, wanted, from)).toEqual(expected);
    }),
  );
});

test("a batch that cannot be looked into counts as one record", () => {
  const options = { values: ["a", "b"], timestamps: [10, 20] };
  expect(find({ ...options, attributes: 4 }, 15)).toEqual({ offset: 0, timestamp: 20 });
  expect(find({ ...options, attributes: 1 }, 15)).toEqual({ offset: 0, timestamp: 20 });
});

test("with the time of the append, all records of a batch have it", () => {
  expect(find({ values: ["a", "b"], timestamps: [10, 20], attributes: 8 }, 5, 1)).toEqual({ offset: 1, timestamp: 20 });
});
