import type { SourceBatch } from "@tidemark/sources";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BatchParts } from "../src/batch-parts.js";

/** Distances between offsets, and lengths of values. */
const recordShapes = fc.array(
  fc.record({ distance: fc.integer({ min: 1, max: 3 }), length: fc.constantFrom(null, 0, 200, 400_000) }),
  { maxLength: 1_200 },
);

function batchOf(
  from: number,
  lost: number,
  shapes: readonly { distance: number; length: number | null }[],
  end: number,
) {
  let offset = from + lost - 1;
  const records = shapes.map(({ distance, length }) => {
    offset += distance;
    return { offset, timestampMs: 0, key: null, value: length === null ? null : new Uint8Array(length) };
  });
  const nextOffset = offset + 1 + end;
  const batch: SourceBatch = {
    records,
    nextOffset,
    lost,
    skipped: nextOffset - from - lost - records.length,
    logEndOffset: nextOffset,
  };
  return batch;
}

const sizeOf = ({ records }: SourceBatch) => records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);

const shapeOf = ({ offset, value }: SourceBatch["records"][number]) => [offset, value?.length];

const unlimited = { records: Infinity, bytes: Infinity };

function partsOf(batch: SourceBatch, from: number, limit = unlimited): SourceBatch[] {
  const parts = new BatchParts(batch, from);
  const all: SourceBatch[] = [];
  while (!parts.isDone) {
    const bytes = parts.measureNext(limit);
    // To copy much takes long.
    if (all.length === 1 && sizeOf(batch) < 4_000_000) parts.detach();
    const part = parts.next();
    expect(sizeOf(part)).toBe(bytes);
    all.push(part);
  }
  return all;
}

describe("the parts of a batch", () => {
  const limits = fc.record({
    records: fc.constantFrom(1, 7, Infinity),
    bytes: fc.constantFrom(0, 500, 500_000, Infinity),
  });

  it("follow one another, are small, and add up to the batch", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(3), recordShapes, fc.nat(3), limits, (from, lost, shapes, end, limit) => {
        const batch = batchOf(from, lost, shapes, end);
        const parts = partsOf(batch, from, limit);
        expect(parts.flatMap(({ records }) => records.map(shapeOf))).toEqual(batch.records.map(shapeOf));
        expect(parts.reduce((sum, part) => sum + part.skipped, 0)).toBe(batch.skipped);
        expect(parts.map((part) => part.lost)).toEqual([lost, ...parts.slice(1).map(() => 0)]);
        expect(parts.at(-1)?.nextOffset).toBe(batch.nextOffset);
        let position = from;
        for (const part of parts) {
          expect(part.nextOffset - position).toBe(part.records.length + part.skipped + part.lost);
          expect(part.skipped).toBeGreaterThanOrEqual(0);
          expect(part.records.length).toBeLessThanOrEqual(Math.min(limit.records, 250));
          const most = part.records.length > 1 ? Math.min(limit.bytes, 1024 * 1024) : Infinity;
          expect(sizeOf(part)).toBeLessThanOrEqual(most);
          position = part.nextOffset;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are one, as it is, of a small batch", () => {
    const batch = batchOf(7, 0, [{ distance: 1, length: 10 }], 0);
    const [part, ...others] = partsOf(batch, 7);
    expect(part).toEqual(batch);
    expect(part?.records).toBe(batch.records);
    expect(others).toEqual([]);
  });

  it("keep nothing of the fetched answer after they were detached", () => {
    const answer = Buffer.alloc(1_000_000, "x");
    const record = { offset: 0, timestampMs: 0, key: answer.subarray(5, 10), value: answer.subarray(10, 20) };
    const parts = new BatchParts({ records: [record], nextOffset: 1, skipped: 0, lost: 0, logEndOffset: 1 }, 0);
    parts.detach();
    parts.measureNext(unlimited);
    const [copy] = parts.next().records;
    expect(copy).toEqual({ ...record, key: Uint8Array.from(record.key), value: Uint8Array.from(record.value) });
    expect([copy?.key?.buffer.byteLength, copy?.value?.buffer.byteLength]).toEqual([5, 10]);
  });
});
