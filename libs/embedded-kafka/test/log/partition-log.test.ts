import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { openPartitionLog, type PartitionLog } from "../../src/log/partition-log.js";
import { hasValidCrc, readBatchHeader } from "../../src/log/record-batch.js";
import { segmentPath } from "../../src/log/segment.js";
import { resolveConfig, type ConfigOverrides } from "../../src/log/topic-config.js";
import { errorCode } from "../../src/protocol/error-code.js";
import { buildBatch, sealBatch, type BatchOptions } from "../batch-builder.js";
import { temporaryDirectory } from "../temporary.js";

const now = 1_700_000_000_000;
const smallSegments = { "segment.bytes": "1024" };

function open(directory: string, overrides: ConfigOverrides = {}, floor = 0, lines: string[] = []): PartitionLog {
  const log = openPartitionLog(directory, resolveConfig(overrides), floor, (line) => lines.push(line));
  onTestFinished(() => log.close());
  return log;
}

function append(log: PartitionLog, options: Partial<BatchOptions> = {}) {
  return log.append(buildBatch({ values: ["v".repeat(300)], ...options }), now);
}

function readAll(log: PartitionLog): readonly number[] {
  const offsets: number[] = [];
  for (let offset = log.startOffset(); offset < log.endOffset();) {
    const header = readBatchHeader(log.read(offset, 1, true), 0);
    if (header === null) throw new Error(`nothing at ${offset}`);
    offsets.push(header.baseOffset);
    offset = header.lastOffset + 1;
  }
  return offsets;
}

test("batches get offsets without a gap, over segments and restarts", () => {
  const directory = temporaryDirectory();
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }), (counts) => {
      const log = open(directory, smallSegments);
      for (const count of counts) {
        const end = log.endOffset();
        expect(append(log, { values: Array.from({ length: count }, () => "v".repeat(100)) }).baseOffset).toBe(end);
        expect(log.endOffset()).toBe(end + count);
      }
      const before = readAll(log);
      log.close();
      const again = open(directory, smallSegments);
      expect([readAll(again), again.bytesFrom(again.endOffset())]).toEqual([before, 0]);
      again.close();
    }),
    { numRuns: 30 },
  );
  expect(readdirSync(directory).length).toBeGreaterThan(3);
});

test.each([
  ["nothing", Buffer.alloc(0), errorCode.corruptMessage],
  ["a wrong checksum", flip(buildBatch({ values: ["v"] }), 65), errorCode.corruptMessage],
  ["half a batch", buildBatch({ values: ["value"] }).subarray(0, 64), errorCode.corruptMessage],
  [
    "two batches",
    Buffer.concat([buildBatch({ values: ["v"] }), buildBatch({ values: ["v"] })]),
    errorCode.invalidRecord,
  ],
  ["an older magic", magic1(), errorCode.corruptMessage],
  ["a control batch", buildBatch({ values: ["v"], attributes: 0x20 }), errorCode.invalidRecord],
  ["a transaction's batch", buildBatch({ values: ["v"], attributes: 0x10 }), errorCode.invalidTransactionState],
  ["counts that disagree", miscounted(), errorCode.invalidRecord],
  ["a batch above max.message.bytes", buildBatch({ values: ["v".repeat(1_048_600)] }), errorCode.messageTooLarge],
  ["a time in the future", buildBatch({ values: ["v"], timestamps: [now + 3_600_001] }), errorCode.invalidTimestamp],
])("%s is refused and changes nothing", (_, records, error) => {
  const log = open(temporaryDirectory());
  expect(log.append(Buffer.from(records), now)).toEqual({ error });
  expect(log.endOffset()).toBe(0);
  expect(append(log).baseOffset).toBe(0);
});

function flip(batch: Buffer, at: number): Buffer {
  batch.writeUInt8((batch[at] ?? 0) ^ 1, at);
  return batch;
}

function magic1(): Buffer {
  const batch = buildBatch({ values: ["v"] });
  batch.writeInt8(1, 16);
  return batch;
}

function miscounted(): Buffer {
  const batch = buildBatch({ values: ["v", "v"] });
  batch.writeInt32BE(5, 57);
  return sealBatch(batch);
}

test("an idempotent producer's retry is answered with its first offset, after a restart too", () => {
  const directory = temporaryDirectory();
  const log = open(directory);
  const first = { values: ["a", "b"], producerId: 1, producerEpoch: 0, baseSequence: 0 };
  const second = { values: ["c"], producerId: 1, producerEpoch: 0, baseSequence: 2 };
  expect([append(log, first).baseOffset, append(log, second).baseOffset]).toEqual([0, 2]);
  expect([append(log, first), append(log, second)]).toEqual([
    { error: 0, baseOffset: 0 },
    { error: 0, baseOffset: 2 },
  ]);
  log.close();
  const again = open(directory);
  expect([append(again, first).baseOffset, append(again, second).baseOffset, again.endOffset()]).toEqual([0, 2, 3]);
  expect(append(again, { ...second, baseSequence: 9 }).error).toBe(errorCode.outOfOrderSequence);
});

test("with LogAppendTime a batch carries the time of its append, and a checksum that is right", () => {
  const log = open(temporaryDirectory(), { "message.timestamp.type": "LogAppendTime" });
  expect(append(log, { timestamps: [now * 2] })).toEqual({ error: 0, baseOffset: 0, logAppendTimeMs: now });
  const stored = log.read(0, 2 ** 20, true);
  expect([readBatchHeader(stored, 0)?.maxTimestamp, hasValidCrc(stored)]).toEqual([now, true]);
});

test("the first record at or after a time is found over segments, never below the start", () => {
  const log = open(temporaryDirectory(), smallSegments);
  for (let batch = 0; batch < 10; batch++) {
    append(log, { values: ["a", "b", "v".repeat(400)], timestamps: [0, 5, 3].map((time) => now + batch * 10 + time) });
  }
  expect(log.findByTimestamp(now + 34)).toEqual({ offset: 10, timestamp: now + 35 });
  expect(log.findByTimestamp(now + 36)).toEqual({ offset: 12, timestamp: now + 40 });
  expect(log.findByTimestamp(now + 96)).toBeNull();
  log.deleteBefore(11);
  expect(log.findByTimestamp(0)).toEqual({ offset: 11, timestamp: now + 33 });
  expect(log.findByTimestamp(now + 34)).toEqual({ offset: 12, timestamp: now + 40 });
});

test("retention deletes whole old segments by time, never the active one", () => {
  const log = open(temporaryDirectory(), { ...smallSegments, "retention.ms": "1000" });
  for (let batch = 0; batch < 9; batch++) append(log, { timestamps: [now + batch * 100] });
  log.applyRetention(now + 1500);
  // Two batches fit a segment; the third one ends with the time now + 500, just at the limit.
  expect([log.startOffset(), readAll(log)]).toEqual([4, [4, 5, 6, 7, 8]]);
  log.applyRetention(now + 1_000_000);
  expect([log.startOffset(), log.endOffset()]).toEqual([8, 9]);
});

test("retention by size keeps at least as much as it says", () => {
  const log = open(temporaryDirectory(), { ...smallSegments, "retention.bytes": "1500", "retention.ms": "-1" });
  for (let batch = 0; batch < 9; batch++) append(log, { timestamps: [0] });
  log.applyRetention(now);
  expect(log.startOffset()).toBe(4);
  expect(log.bytesFrom(4)).toBeGreaterThanOrEqual(1500);
});

test("what was deleted on request stays deleted, and the log goes on behind it", () => {
  const directory = temporaryDirectory();
  const log = open(directory, smallSegments);
  for (let batch = 0; batch < 9; batch++) append(log);
  log.deleteBefore(5);
  expect([log.startOffset(), readAll(log)]).toEqual([5, [5, 6, 7, 8]]);
  log.close();
  const again = open(directory, smallSegments, 9);
  expect([again.startOffset(), again.endOffset(), append(again).baseOffset]).toEqual([9, 9, 9]);
});

test("a log whose end was lost below what was deleted begins behind that", () => {
  const directory = temporaryDirectory();
  const log = open(directory);
  append(log);
  log.close();
  const again = open(directory, {}, 7);
  expect(append(again).baseOffset).toBe(7);
  again.close();
  expect(readAll(open(directory, {}, 7))).toEqual([7]);
});

test("what a kill left half written is cut, logged, and written over", () => {
  const directory = temporaryDirectory();
  const log = open(directory);
  append(log);
  log.close();
  appendFileSync(segmentPath(directory, 0), buildBatch({ values: ["torn"] }).subarray(0, 66));
  const lines: string[] = [];
  const again = open(directory, {}, 0, lines);
  expect(lines).toEqual([expect.stringContaining("cut 66 bytes")]);
  append(again);
  expect(readAll(again)).toEqual([0, 1]);
});

test("a segment behind a lost tail is deleted, and logged", () => {
  const directory = temporaryDirectory();
  const log = open(directory, smallSegments);
  for (let batch = 0; batch < 7; batch++) append(log);
  log.close();
  const first = readFileSync(segmentPath(directory, 0));
  writeFileSync(segmentPath(directory, 0), first.subarray(0, first.length - 1));
  const lines: string[] = [];
  const again = open(directory, smallSegments, 0, lines);
  expect([readAll(again), lines.length]).toEqual([[0], 4]);
  expect(readdirSync(directory)).toEqual([basename(segmentPath(directory, 0))]);
});

test("listeners hear of appends and of the end, until they stop listening", () => {
  const log = open(temporaryDirectory());
  let heard = 0;
  const stop = log.onChange(() => (heard += 1));
  append(log);
  log.append(Buffer.alloc(0), now);
  expect(heard).toBe(1);
  stop();
  append(log);
  expect(heard).toBe(1);
});
