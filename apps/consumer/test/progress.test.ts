import { expect, test } from "vitest";
import { emptyLedger, ProgressMeter } from "../src/progress.js";

const at = (nextOffset: number, watermarkMs: number) => ({ nextOffset, watermarkMs, ledger: emptyLedger });
const ends = new Map([
  [0, 10],
  [1, 10],
]);

test("the watermark shown is the lowest of the owned partitions, and none before each has one", () => {
  const meter = new ProgressMeter(0);
  expect(meter.look(1, ends).watermarkMs).toBe(-Infinity);
  meter.own([0, 1], 1);
  meter.reach(0, at(4, 70), 1);
  meter.reach(1, at(0, -Infinity), 1);
  expect(meter.look(2, ends)).toMatchObject({ watermarkMs: -Infinity, lag: 16 });
  meter.reach(1, at(6, 50), 3, 6);
  expect(meter.look(1_003, ends)).toMatchObject({ watermarkMs: 50, lag: 10 });
});

test("a partition that is fully read and was quiet for 30 s holds it no more; one with a lag does", () => {
  const meter = new ProgressMeter(0);
  meter.own([0, 1], 0);
  meter.reach(0, at(10, 90), 0);
  meter.reach(1, at(9, -Infinity), 0);
  expect(meter.look(40_000, ends).watermarkMs).toBe(-Infinity);
  meter.reach(1, at(10, -Infinity), 40_000);
  meter.reach(0, at(10, 95), 60_000);
  expect(meter.look(69_999, ends).watermarkMs).toBe(-Infinity);
  expect(meter.look(70_000, ends).watermarkMs).toBe(95);
});

test("a partition that went to another consumer holds it no more", () => {
  const meter = new ProgressMeter(0);
  meter.reach(0, at(4, 70), 0);
  meter.reach(1, at(4, 20), 0);
  meter.release(1);
  expect(meter.look(1, ends)).toMatchObject({ partitions: 1, watermarkMs: 70, lag: 6 });
});
