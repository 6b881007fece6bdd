import { describe, expect, it } from "vitest";
import type { PipelineEvent } from "../src/pipeline-event.js";
import { QuietWatch } from "../src/quiet-watch.js";
import { claimed, committed } from "./events.js";

const AFTER_MS = 600_000;

/** A watch that has seen these events, each at its time. */
function watchOf(...events: readonly (readonly [number, PipelineEvent])[]): QuietWatch {
  const watch = new QuietWatch(AFTER_MS);
  for (const [nowMs, event] of events) watch.on(event, nowMs);
  return watch;
}

/** Partitions that are quiet at that time, where the log ends there. */
function quietAt(
  watch: QuietWatch,
  nowMs: number,
  ends: Readonly<Record<number, number>>,
  open = 0,
): readonly number[] {
  const told = Object.entries(ends).map(([partition, end]) => ({
    partition: Number(partition),
    end,
    highWatermark: end + open,
  }));
  const confirmed = watch.confirm(watch.candidates(nowMs), told, nowMs);
  watch.pass(confirmed, nowMs);
  return confirmed.map(({ partition }) => partition);
}

const processed = (partition: number): PipelineEvent => ({
  type: "processed",
  partition,
  taken: 0,
  rows: () => ({ rows: [], late: [], rejected: [] }),
  lead: undefined,
});

describe("a partition is quiet", () => {
  it("when nothing has come of it for that long, and its log ends where it has been read to", () => {
    const watch = watchOf([0, claimed(3, { nextOffset: 7 })]);
    expect(quietAt(watch, AFTER_MS - 1, { 3: 7 })).toEqual([]);
    expect(quietAt(watch, AFTER_MS, { 3: 7 })).toEqual([3]);
  });

  it("though it never had a record", () => {
    expect(quietAt(watchOf([0, claimed(3)]), AFTER_MS, { 3: 0 })).toEqual([3]);
  });

  it("not before the time has passed from its last record, or from its claim on", () => {
    const watch = watchOf(
      [0, claimed(0)],
      [100, committed(0, { nextOffset: 5 })],
      [0, claimed(1)],
      [200, claimed(1, { epoch: 2, nextOffset: 5 })],
    );
    expect(quietAt(watch, AFTER_MS, { 0: 5, 1: 5 })).toEqual([]);
    expect(quietAt(watch, AFTER_MS + 100, { 0: 5, 1: 5 })).toEqual([0]);
    expect(quietAt(watch, AFTER_MS + 200, { 0: 5, 1: 5 })).toEqual([0, 1]);
  });

  it.each([
    ["holds records that are not read", { 3: 8 }, 0],
    ["holds records behind an open transaction", { 3: 7 }, 4],
    ["is shorter than what was read", { 3: 6 }, 0],
    ["could not be asked for", {}, 0],
  ])("not where its log %s; the time begins anew then", (_name, ends, open) => {
    const watch = watchOf([0, claimed(3, { nextOffset: 7 })]);
    expect(quietAt(watch, AFTER_MS, ends, open)).toEqual([]);
    expect(quietAt(watch, AFTER_MS + 1, { 3: 7 })).toEqual([]);
    expect(quietAt(watch, 2 * AFTER_MS, { 3: 7 })).toEqual([3]);
  });

  it.each([
    ["revoked", { type: "revoked", partitions: [3] }],
    ["fenced", { type: "fenced", partition: 3 }],
    ["claimed again after a failure", { type: "retrying", partition: 3, error: new Error("away") }],
  ] satisfies (readonly [string, PipelineEvent])[])("not once it is %s", (_name, event) => {
    const watch = watchOf([0, claimed(3, { nextOffset: 7 })], [1, event]);
    expect(quietAt(watch, 10 * AFTER_MS, { 3: 7 })).toEqual([]);
  });

  it("until records come: that ends it at once, before they are committed", () => {
    const watch = watchOf([0, claimed(3, { nextOffset: 7 })]);
    expect(quietAt(watch, AFTER_MS, { 3: 7 })).toEqual([3]);
    expect(watch.on(processed(3), AFTER_MS + 1)).toBe(3);
    expect(watch.on(committed(3, { nextOffset: 9 }), AFTER_MS + 2)).toBeUndefined();
    expect(watch.candidates(2 * AFTER_MS)).toEqual([]);
    expect(quietAt(watch, 2 * AFTER_MS + 2, { 3: 9 })).toEqual([3]);
  });

  it("not by a look at the log that a record has overtaken", () => {
    const watch = watchOf([0, claimed(3, { nextOffset: 7 })]);
    const candidates = watch.candidates(AFTER_MS);
    watch.on(committed(3, { nextOffset: 8 }), AFTER_MS);
    expect(watch.confirm(candidates, [{ partition: 3, end: 7 }], AFTER_MS)).toEqual([]);
  });

  it("by this claim's commits alone: one of an earlier claim may be answered late", () => {
    const watch = watchOf(
      [0, claimed(3, { epoch: 2, nextOffset: 9 })],
      [5, committed(3, { nextOffset: 8 }, { epoch: 1 })],
    );
    expect(quietAt(watch, AFTER_MS, { 3: 9 })).toEqual([3]);
  });
});

it("tells once that a partition is passed over, and once that this could not be renewed for 15 s", () => {
  const watch = watchOf([0, claimed(3, { nextOffset: 7 })]);
  const look = (nowMs: number) =>
    watch.pass(watch.confirm(watch.candidates(nowMs), [{ partition: 3, end: 7 }], nowMs), nowMs);
  expect(look(AFTER_MS)).toMatchObject([{ partition: 3, epoch: 1, nextOffset: 7, quietMs: AFTER_MS }]);
  expect(look(AFTER_MS + 5_000)).toEqual([]);
  expect(watch.forgotten(AFTER_MS + 19_999)).toEqual([]);
  expect(watch.forgotten(AFTER_MS + 20_000)).toEqual([3]);
  expect(watch.forgotten(AFTER_MS + 20_001)).toEqual([]);
  expect(look(AFTER_MS + 30_000)).toMatchObject([{ partition: 3 }]);
});
