import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { PipelineEvent } from "../src/index.js";
import { createTransactionAlarm, describeHeld, sumHeld } from "../src/transaction-alarm.js";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function start() {
  const told: PipelineEvent[] = [];
  const alarm = createTransactionAlarm((event) => told.push(event));
  const hold = (partition: number, to: number, sinceMs = Date.now()) =>
    alarm.on({ type: "held-back", partition, from: 10, to, sinceMs });
  const end = (partition: number) => alarm.on({ type: "held-back-ended", partition });
  return { told, alarm, hold, end };
}

it("tells nothing of transactions that end soon, however often they come", () => {
  const { told, hold, end } = start();
  for (let turn = 0; turn < 100; turn += 1) {
    hold(0, 20);
    vi.advanceTimersByTime(9_000);
    end(0);
  }
  expect(told).toEqual([]);
});

it("tells once of one that stays open, with all that stands behind it, and when the last has ended", () => {
  const { told, hold, end } = start();
  hold(0, 12);
  vi.advanceTimersByTime(5_000);
  hold(1, 15);
  hold(0, 20, 1_000_000);
  vi.advanceTimersByTime(20_000);
  expect(told).toEqual([
    {
      type: "transaction-open",
      held: [
        expect.objectContaining({ partition: 0, from: 10, to: 20, sinceMs: 1_000_000 }),
        expect.objectContaining({ partition: 1, to: 15, sinceMs: 1_005_000 }),
      ],
    },
  ]);
  end(0);
  expect(told).toHaveLength(1);
  end(1);
  expect(told.at(-1)).toEqual({ type: "transaction-ended" });
});

it("forgets partitions that go to another", () => {
  const { told, alarm, hold } = start();
  hold(0, 12);
  alarm.on({ type: "revoked", partitions: [0, 3] });
  vi.advanceTimersByTime(20_000);
  expect(told).toEqual([]);
});

it("adds up what stands behind transactions, and names the first partitions", () => {
  const at = (partition: number) => ({ partition, from: 10, to: 12 + partition, sinceMs: 1_000_000 + partition });
  expect(sumHeld([])).toBeUndefined();
  expect(sumHeld([at(1), at(0)])).toEqual({ records: 5, sinceMs: 1_000_000 });
  expect(describeHeld([0, 1, 2, 3, 4].map(at))).toBe(
    "20 records of partition 0 (from offset 10 on), partition 1 (from offset 10 on), partition 2 (from offset 10 on), 2 more stand behind a transaction that has been open since 1970-01-01T00:16:40Z at least",
  );
  expect(describeHeld([{ partition: 0, from: 0, to: 1, sinceMs: 0 }])).toContain("1 record of partition 0");
});
