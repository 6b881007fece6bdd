import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readBatchHeader, stampOffset } from "../../src/log/record-batch.js";
import { openSegment, segmentPath, type Segment } from "../../src/log/segment.js";
import { buildBatch } from "../batch-builder.js";
import { temporaryDirectory } from "../temporary.js";

interface Stored {
  readonly offset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  readonly bytes: Buffer;
}

function open(directory: string, cuts: number[] = [], checkCrc = true): Segment {
  return openSegment(directory, 0, { checkCrc, onBatch: () => undefined, onCut: (bytes) => cuts.push(bytes) });
}

function fill(
  segment: Segment,
  batches: readonly { readonly count: number; readonly size: number; readonly time: number }[],
) {
  return batches.map(({ count, size, time }): Stored => {
    const bytes = buildBatch({ values: Array.from({ length: count }, () => "v".repeat(size)), timestamps: [time] });
    stampOffset(bytes, segment.nextOffset());
    const header = readBatchHeader(bytes, 0);
    if (header === null) throw new Error("no batch");
    segment.append(bytes, header);
    return { offset: header.baseOffset, lastOffset: header.lastOffset, maxTimestamp: time, bytes };
  });
}

const shape = fc.record({
  count: fc.integer({ min: 1, max: 5 }),
  size: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 3000, max: 12_000 })),
  time: fc.integer({ min: 0, max: 12 }),
});
const shapes = fc.array(shape, { minLength: 1, maxLength: 60 });

test("reads, sizes and look-ups by time are those of a plain list of batches, before and after a restart", () => {
  const directory = temporaryDirectory();
  let run = 0;
  fc.assert(
    fc.property(
      shapes,
      fc.nat(),
      fc.nat(40_000),
      fc.boolean(),
      fc.nat(13),
      (batches, at, maxBytes, atLeastOne, time) => {
        writeFileSync(segmentPath(directory, 0), "");
        const segment = open(directory);
        const stored = fill(segment, batches);
        segment.close();
        const again = open(directory, [], run++ % 2 === 0);
        const offset = at % again.nextOffset();
        const from = stored.findIndex((batch) => batch.lastOffset >= offset);
        const rest = stored.slice(from);
        let expected = 0;
        for (const { bytes } of rest) {
          if (expected + bytes.length > maxBytes) break;
          expected += bytes.length;
        }
        if (expected === 0 && atLeastOne) expected = rest[0]?.bytes.length ?? 0;
        const all = Buffer.concat(rest.map(({ bytes }) => bytes));
        expect(again.read(offset, maxBytes, atLeastOne).equals(all.subarray(0, expected))).toBe(true);
        expect(again.bytesFrom(offset)).toBe(all.length);
        const found = stored.find((batch) => batch.maxTimestamp >= time && batch.lastOffset >= offset);
        expect(again.findBatch(time, offset)?.header.baseOffset).toBe(found?.offset);
        again.close();
      },
    ),
    { numRuns: 150 },
  );
});

test("wherever a write was torn, the whole batches before it stay and the rest is cut", () => {
  const directory = temporaryDirectory();
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 8 }), fc.nat(), (batches, at) => {
      writeFileSync(segmentPath(directory, 0), "");
      const segment = open(directory);
      const stored = fill(segment, batches);
      const length = at % (segment.size() + 1);
      segment.close();
      truncateSync(segmentPath(directory, 0), length);
      const cuts: number[] = [];
      const again = open(directory, cuts);
      const kept = stored.filter((_, index) => {
        return stored.slice(0, index + 1).reduce((sum, { bytes }) => sum + bytes.length, 0) <= length;
      });
      const size = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect([again.size(), again.nextOffset()]).toEqual([size, (kept.at(-1)?.lastOffset ?? -1) + 1]);
      expect(cuts).toEqual(size === length ? [] : [length - size]);
      expect(statSync(segmentPath(directory, 0)).size).toBe(size);
      fill(again, [{ count: 1, size: 1, time: 1 }]);
      again.close();
    }),
    { numRuns: 100 },
  );
});

test.each([
  ["zeros", Buffer.alloc(500)],
  ["text", Buffer.from("no batch at all, but long enough to be read as the header of one, perhaps")],
])("%s behind the last batch are cut", (_, garbage) => {
  const directory = temporaryDirectory();
  const segment = open(directory);
  fill(segment, [{ count: 3, size: 10, time: 1 }]);
  const size = segment.size();
  segment.close();
  appendFileSync(segmentPath(directory, 0), garbage);
  const cuts: number[] = [];
  const again = open(directory, cuts);
  expect([again.size(), cuts]).toEqual([size, [garbage.length]]);
  again.close();
});

test("a batch with a wrong checksum is cut with all behind it", () => {
  const directory = temporaryDirectory();
  const segment = open(directory);
  const [first] = fill(
    segment,
    Array.from({ length: 3 }, () => ({ count: 1, size: 100, time: 1 })),
  );
  segment.close();
  const bytes = readFileSync(segmentPath(directory, 0));
  bytes.writeUInt8(1, (first?.bytes.length ?? 0) + 100);
  writeFileSync(segmentPath(directory, 0), bytes);
  const again = open(directory);
  expect([again.nextOffset(), again.size()]).toEqual([1, first?.bytes.length]);
  again.close();
});
