import type { SourceBatch } from "@tidemark/sources";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partsOf } from "../src/batch-parts.js";

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

describe("partsOf", () => {
  it("gives parts that follow one another, are small, and add up to the batch", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(3), recordShapes, fc.nat(3), (from, lost, shapes, end) => {
        const batch = batchOf(from, lost, shapes, end);
        const parts = [...partsOf(batch, from)];
        expect(parts.flatMap(({ records }) => records)).toEqual(batch.records);
        expect(parts.reduce((sum, part) => sum + part.skipped, 0)).toBe(batch.skipped);
        expect(parts.map((part) => part.lost)).toEqual([lost, ...parts.slice(1).map(() => 0)]);
        expect(parts.at(-1)?.nextOffset).toBe(batch.nextOffset);
        let position = from;
        for (const part of parts) {
          expect(part.nextOffset - position).toBe(part.records.length + part.skipped + part.lost);
          expect(part.skipped).toBeGreaterThanOrEqual(0);
          expect(part.records.length).toBeLessThanOrEqual(250);
          expect(sizeOf({ ...part, records: part.records.slice(0, -1) })).toBeLessThan(1024 * 1024);
          position = part.nextOffset;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("gives a small batch as it is", () => {
    const batch = batchOf(7, 0, [{ distance: 1, length: 10 }], 0);
    expect([...partsOf(batch, 7)]).toEqual([batch]);
  });
});
