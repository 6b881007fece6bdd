import { describe, expect, it } from "vitest";
import { medianOf } from "../src/throughput-report.js";

const round = (eventsPerSecond: number, peakMegabytes?: number) => ({
  eventsPerSecond,
  seconds: 1,
  wholeSeconds: 2,
  peakMegabytes,
  cpuSecondsPerMillion: undefined,
  postgresCpuSecondsPerMillion: undefined,
  walBytesPerEvent: 200,
  bareCopyRowsPerSecond: 10,
  ratio: eventsPerSecond / 10,
  faults: eventsPerSecond === 9 ? ["read: 1, expected 2"] : [],
});

describe("medianOf", () => {
  it("takes each figure's own median, leaves out what was not measured, and keeps every fault", () => {
    const median = medianOf([round(9, 5), round(1), round(4, 7)]);
    expect(median).toMatchObject({ eventsPerSecond: 4, peakMegabytes: 6, cpuSecondsPerMillion: undefined, ratio: 0.4 });
    expect(median.faults).toEqual(["read: 1, expected 2"]);
  });

  it("refuses to make a median of nothing", () => {
    expect(() => medianOf([])).toThrow(RangeError);
  });
});
