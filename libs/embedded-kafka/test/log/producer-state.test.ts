import { expect, test } from "vitest";
import { createProducerState } from "../../src/log/producer-state.js";
import { readBatchHeader, stampOffset, type BatchHeader } from "../../src/log/record-batch.js";
import { errorCode } from "../../src/protocol/error-code.js";
import { buildBatch } from "../batch-builder.js";

function sent(baseSequence: number, count: number, baseOffset = 0, producerEpoch = 0, producerId = 7): BatchHeader {
  const values = Array.from({ length: count }, () => "v");
  const batch = buildBatch({ values, producerId, producerEpoch, baseSequence });
  stampOffset(batch, baseOffset);
  const header = readBatchHeader(batch, 0);
  if (header === null) throw new Error("no batch");
  return header;
}

const append = { error: errorCode.none, baseOffset: null };

test("sequences have to go on without a gap", () => {
  const producers = createProducerState();
  expect(producers.check(sent(0, 3))).toEqual(append);
  producers.note(sent(0, 3));
  expect(producers.check(sent(3, 2))).toEqual(append);
  expect(producers.check(sent(4, 2)).error).toBe(errorCode.outOfOrderSequence);
  expect(producers.check(sent(2, 2)).error).toBe(errorCode.outOfOrderSequence);
  expect(producers.check(sent(0, 2)).error).toBe(errorCode.outOfOrderSequence);
});

test("each of the last five batches is known again by its offset, an older one is out of order", () => {
  const producers = createProducerState();
  for (let batch = 0; batch < 6; batch++) producers.note(sent(batch * 10, 10, batch * 100));
  for (let batch = 1; batch < 6; batch++) {
    expect(producers.check(sent(batch * 10, 10))).toEqual({ error: errorCode.none, baseOffset: batch * 100 });
  }
  expect(producers.check(sent(0, 10)).error).toBe(errorCode.outOfOrderSequence);
});

test("a producer that nobody knows may begin anywhere, and goes on from there", () => {
  const producers = createProducerState();
  expect(producers.check(sent(5, 1))).toEqual(append);
  producers.note(sent(5, 1));
  expect(producers.check(sent(6, 1))).toEqual(append);
  expect(producers.check(sent(0, 5)).error).toBe(errorCode.outOfOrderSequence);
});

test("a new epoch begins at 0 and ends the old one", () => {
  const producers = createProducerState();
  producers.note(sent(0, 3, 0, 1));
  expect(producers.check(sent(3, 1, 0, 2)).error).toBe(errorCode.outOfOrderSequence);
  expect(producers.check(sent(0, 3, 0, 2))).toEqual(append);
  expect(producers.check(sent(3, 1, 0, 0)).error).toBe(errorCode.invalidProducerEpoch);
});

test("behind the largest sequence comes 0", () => {
  const producers = createProducerState();
  producers.note(sent(2 ** 31 - 2, 2));
  expect(producers.check(sent(0, 1))).toEqual(append);
  producers.note(sent(2 ** 31 - 1, 3));
  expect(producers.check(sent(2, 1))).toEqual(append);
});

test("producers are independent, and who is none is never asked", () => {
  const producers = createProducerState();
  producers.note(sent(0, 3));
  expect(producers.check(sent(0, 1, 0, 0, 8))).toEqual(append);
  expect(producers.check(sent(55, 1, 0, 0, -1))).toEqual(append);
});
