import { expect, test } from "vitest";
import { EMPTY_LEDGER } from "../src/ledger.js";
import { OwnedPartitions } from "../src/owned-partitions.js";
import type { PipelineEvent } from "../src/pipeline-event.js";
import { ProgressMeter } from "../src/progress-meter.js";
import { claimed, committed } from "./events.js";

function createMeter() {
  const partitions = new OwnedPartitions();
  const meter = new ProgressMeter(partitions, 0);
  return {
    read: (nowMs: number) => meter.read(nowMs),
    on(event: PipelineEvent, nowMs: number) {
      partitions.on(event);
      meter.on(event, nowMs);
    },
  };
}

const end = { logEndOffset: 10, takenOffset: 10 };

test("the watermark shown is the lowest of the owned partitions, and none before each has one", () => {
  const meter = createMeter();
  expect(meter.read(1).watermarkMs).toBe(-Infinity);
  meter.on({ type: "assigned", partitions: [0, 1] }, 1);
  meter.on(claimed(0, { nextOffset: 4, watermarkMs: 70 }, end), 1);
  meter.on(claimed(1, {}, end), 1);
  expect(meter.read(2)).toMatchObject({ watermarkMs: -Infinity, lag: 16, partitions: 2 });
  meter.on(committed(1, { nextOffset: 6, watermarkMs: 50 }), 3);
  expect(meter.read(1_003)).toMatchObject({ watermarkMs: 50, lag: 10 });
});

test("a partition that is fully read and was quiet for 30 s holds it no more; one with a lag does", () => {
  const meter = createMeter();
  meter.on({ type: "assigned", partitions: [0, 1] }, 0);
  meter.on(claimed(0, { nextOffset: 10, watermarkMs: 90 }, end), 0);
  meter.on(claimed(1, { nextOffset: 9 }, end), 0);
  expect(meter.read(40_000).watermarkMs).toBe(-Infinity);
  meter.on(committed(1, { nextOffset: 10 }), 40_000);
  meter.on(committed(0, { nextOffset: 10, watermarkMs: 95 }), 60_000);
  expect(meter.read(69_999).watermarkMs).toBe(-Infinity);
  expect(meter.read(70_000).watermarkMs).toBe(95);
});

test("a partition that went to another consumer holds it no more", () => {
  const meter = createMeter();
  meter.on(claimed(0, { nextOffset: 4, watermarkMs: 70 }, end), 0);
  meter.on(claimed(1, { nextOffset: 4, watermarkMs: 20 }, end), 0);
  meter.on({ type: "revoked", partitions: [1] }, 0);
  expect(meter.read(1)).toMatchObject({ partitions: 1, watermarkMs: 70, lag: 6 });
});

test("the rate counts what was committed since the last reading, and no late answer to an earlier claim", () => {
  const meter = createMeter();
  meter.on(claimed(0, {}, end), 0);
  meter.on(committed(0, { nextOffset: 8 }, { records: 8 }), 500);
  expect(meter.read(2_000)).toMatchObject({ perSecond: 4, ledger: EMPTY_LEDGER });
  meter.on(claimed(0, { epoch: 2, nextOffset: 8 }, end), 2_000);
  meter.on(committed(0, { nextOffset: 9 }, { epoch: 1 }), 2_500);
  expect(meter.read(3_000)).toMatchObject({ perSecond: 0, lag: 2 });
});
