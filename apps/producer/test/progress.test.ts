import { describe, expect, it } from "vitest";
import { keepRecent, progressLine, recordLine, sendRate, type Sample } from "../src/progress.js";

const sample = (atMs: number, sent: number): Sample => ({ atMs, sent, acknowledged: 0, failed: 0 });

describe("progress", () => {
  it("takes the rate over the last 5 seconds", () => {
    let samples: Sample[] = [];
    for (let second = 0; second <= 20; second++) {
      samples = keepRecent(samples, sample(second * 1_000, second < 10 ? 0 : (second - 10) * 30));
    }
    expect(samples.length).toBeLessThan(8);
    expect(sendRate(samples)).toBe(30);
  });

  it("has a rate where there are two samples further apart, and none before", () => {
    expect(sendRate([])).toBe(0);
    expect(sendRate([sample(0, 5)])).toBe(0);
    expect(sendRate(keepRecent([sample(0, 0)], sample(60_000, 600)))).toBe(10);
  });

  it("is a line with what was sent, how fast, and what became of it", () => {
    expect(progressLine({ sent: 1_234_567, acknowledged: 1_234_000, failed: 2 }, 19.96)).toBe(
      "sent 1,234,567 | 20.0/s | acknowledged 1,234,000 | failed 2",
    );
    expect(progressLine({ sent: 0, acknowledged: 0, failed: 0 }, 81_234.5)).toContain("| 81,235/s |");
  });

  it("prints a record's metadata as the deck does", () => {
    expect(recordLine("socmed-events", 3, 42n, "1706979600000")).toBe(
      "RecordMetadata(topic=socmed-events, partition=3, offset=42, timestamp=1706979600000)",
    );
  });
});
