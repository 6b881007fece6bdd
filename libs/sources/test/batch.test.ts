import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutBatch, type SourceRecord } from "../src/batch.js";

const record = (offset: number): SourceRecord => ({ offset, timestampMs: -1, key: null, value: null });

describe("cutBatch", () => {
  it("drops what is below the position and counts the offsets that have no record", () => {
    const cut = { position: 3, nextOffset: 10, lost: 0, logEndOffset: 12 };
    const batch = cutBatch([1, 2, 4, 5, 8].map(record), cut);
    expect(batch.records.map(({ offset }) => offset)).toEqual([4, 5, 8]);
    expect(batch).toMatchObject({ nextOffset: 10, skipped: 4, lost: 0, logEndOffset: 12 });
  });

  it("counts deleted offsets apart from skipped ones", () => {
    const batch = cutBatch([record(8)], { position: 2, nextOffset: 10, lost: 5, logEndOffset: 10 });
    expect(batch).toMatchObject({ skipped: 2, lost: 5 });
  });

  it("refuses more records than there are offsets", () => {
    const records = [record(0), record(0), record(1)];
    expect(() => cutBatch(records, { position: 0, nextOffset: 2, lost: 0, logEndOffset: 2 })).toThrow(
      "A batch over the offsets 0 to 2 holds 3 records",
    );
  });

  it("accounts for every offset", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50)), fc.nat(50), fc.nat(10), (offsets, position, tail) => {
        const fetched = offsets.sort((a, b) => a - b).map(record);
        const nextOffset = Math.max(position, (offsets.at(-1) ?? 0) + 1) + tail;
        const batch = cutBatch(fetched, { position, nextOffset, lost: 0, logEndOffset: nextOffset });
        expect(batch.records.length + batch.skipped + batch.lost).toBe(nextOffset - position);
        expect(batch.records).toEqual(fetched.filter(({ offset }) => offset >= position));
      }),
    );
  });
});
