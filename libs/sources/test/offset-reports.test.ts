import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createOffsetReports } from "../src/offset-reports.js";

describe("offset reports", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("send the newest offsets of all partitions at most once in the interval", async () => {
    const sent: [number, number][][] = [];
    const reports = createOffsetReports((offsets) => {
      sent.push([...offsets]);
      return Promise.resolve();
    });
    for (let offset = 1; offset <= 50; offset += 1) {
      reports.report(0, offset);
      reports.report(1, offset * 2);
    }
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    reports.report(0, 51);
    await vi.advanceTimersByTimeAsync(999);
    expect(sent).toEqual([
      [
        [0, 50],
        [1, 100],
      ],
    ]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent[1]).toEqual([[0, 51]]);
  });

  it("forget a failed commit, and go on", async () => {
    let failures = 0;
    const reports = createOffsetReports(() => {
      failures += 1;
      return Promise.reject(new Error("away"));
    });
    reports.report(0, 1);
    await reports.flush();
    reports.report(0, 2);
    await reports.flush();
    expect(failures).toBe(2);
  });

  it("say nothing of a dropped partition, nor after the end", async () => {
    const sent: number[] = [];
    const reports = createOffsetReports((offsets) => {
      sent.push(...offsets.keys());
      return Promise.resolve();
    });
    reports.report(0, 1);
    reports.report(1, 1);
    reports.drop(0);
    await reports.flush();
    reports.close();
    reports.report(2, 1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sent).toEqual([1]);
  });
});
