import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CheckpointPace } from "../src/checkpoint-pace.js";

const LINGER_MS = 1_000;

/** Lets so many partitions gather again and again for so long; returns how often each wrote. */
function gatherFor(pace: CheckpointPace, partitions: number, ms: number): readonly number[] {
  const writes = Array.from({ length: partitions }, () => 0);
  const stops = writes.map(() => () => {});
  const gather = (partition: number): void => {
    stops[partition] = pace.gather(() => {
      writes[partition] = (writes[partition] ?? 0) + 1;
      gather(partition);
    });
  };
  for (const partition of writes.keys()) gather(partition);
  vi.advanceTimersByTime(ms);
  for (const stop of stops) stop();
  return writes;
}

describe("the pace of checkpoints in a backlog", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is one for each partition and linger where few partitions have a backlog", () => {
    expect(gatherFor(new CheckpointPace(LINGER_MS), 8, 10 * LINGER_MS)).toEqual(Array.from({ length: 8 }, () => 10));
  });

  it("is eight a second over all partitions where many have one, and every second brings some", () => {
    const pace = new CheckpointPace(LINGER_MS);
    const writes = gatherFor(pace, 256, 320_000);
    const total = writes.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(8 * 320 * 0.9);
    expect(total).toBeLessThan(8 * 320 * 1.2);
    expect(Math.min(...writes)).toBeGreaterThanOrEqual(9);
  });

  it("forgets partitions that have stopped gathering, however often they say so", () => {
    const pace = new CheckpointPace(LINGER_MS);
    const stops = Array.from({ length: 100 }, () => pace.gather(() => expect.unreachable("It was stopped.")));
    for (const stop of [...stops, ...stops]) stop();
    const write = vi.fn<() => void>();
    pace.gather(write);
    vi.advanceTimersByTime(LINGER_MS);
    expect(write).toHaveBeenCalledOnce();
  });
});
