import { socmedEvent } from "@tidemark/socmed";
import type { Checkpoint } from "@tidemark/sinks";
import { describe, expect, it } from "vitest";
import { batchOf, createProcessor, eventOf, idOf, recordOf, start, unclaimed } from "./processor-fixtures.js";

describe("the verdicts on a partition's records", () => {
  const late = (missedBySeconds: number) =>
    // The watermark stands 20 s behind the first event, and a window ends 5 s after its start.
    socmedEvent.encode(eventOf({ ID: idOf(missedBySeconds), Ts: start - 25 - missedBySeconds }));
  const tallied = ({ added = [] }: Checkpoint, name = "socmed_verdicts_1m") =>
    added
      .filter(({ tally }) => tally === name)
      .flatMap(({ rows }) => rows)
      .map(({ windowStartMs, keys, count }) => [(windowStartMs - start * 1000) / 60_000, ...keys, count]);

  it("counts each record by the minute of its arrival, its verdict, and by what that was for", () => {
    const processor = createProcessor(unclaimed);
    const at = (seconds: number) => (start + seconds) * 1000;
    const records = [
      recordOf(0, socmedEvent.encode(eventOf()), at(0)),
      recordOf(1, socmedEvent.encode(eventOf()), at(59.999)),
      recordOf(2, socmedEvent.encode(eventOf({ ID: idOf(1) })), at(60)),
      recordOf(3, null, at(61)),
      recordOf(4, socmedEvent.encode(eventOf({ ID: idOf(2) })), at(-0.001)),
      recordOf(5, socmedEvent.encode(eventOf({ ID: idOf(3), Ts: start + 71 })), at(60)),
      recordOf(6, new TextEncoder().encode("{nope"), at(30)),
      recordOf(7, socmedEvent.encode(eventOf({ ID: idOf(4) })), at(1)),
    ];
    processor.process(batchOf(records, records.length));
    expect(tallied(processor.checkpoint())).toEqual([
      [0, "counted", "", 2],
      [0, "duplicate", "", 1],
      [0, "rejected", "not-json", 1],
      [1, "counted", "", 1],
      [1, "quarantined", "future", 1],
      [1, "rejected", "tombstone", 1],
      [-1, "counted", "", 1],
    ]);
    expect(tallied(processor.checkpoint())).toEqual([]);
    processor.process(batchOf([recordOf(8, null, at(0))], 9));
    expect(tallied(processor.checkpoint())).toEqual([[0, "rejected", "tombstone", 1]]);
  });

  it("counts the same by hour, of what came since the last checkpoint", () => {
    const processor = createProcessor(unclaimed);
    const minutes = [0, 1, 59, 60, -1];
    const records = minutes.map((minute, offset) => recordOf(offset, null, (start + 60 * minute) * 1000));
    processor.process(batchOf(records, records.length));
    expect(tallied(processor.checkpoint(), "socmed_verdicts_1h")).toEqual([
      [0, "rejected", "tombstone", 3],
      [60, "rejected", "tombstone", 1],
      [-60, "rejected", "tombstone", 1],
    ]);
    processor.process(batchOf([recordOf(5, null, -1)], 6));
    expect(tallied(processor.checkpoint(), "socmed_verdicts_1h")).toEqual([[-Infinity, "rejected", "tombstone", 1]]);
  });

  it("tells late events apart by how much they missed their window", () => {
    const processor = createProcessor(unclaimed);
    const missedBy = [0, 5, 10, 55, 60, 595, 600, 3_595, 3_600, 86_400];
    const records = [socmedEvent.encode(eventOf()), ...missedBy.map(late)].map((bytes, at) =>
      recordOf(at, bytes, start * 1000),
    );
    processor.process(batchOf(records, records.length));
    expect(tallied(processor.checkpoint())).toEqual([
      [0, "counted", "", 1],
      [0, "late", "under 1 s", 1],
      [0, "late", "1 to 10 s", 1],
      [0, "late", "10 s to 1 min", 2],
      [0, "late", "1 to 10 min", 2],
      [0, "late", "10 min to 1 h", 2],
      [0, "late", "1 h or more", 2],
    ]);
  });

  it("counts what came without a time, or with one that no table can hold, as come at no minute", () => {
    const processor = createProcessor(unclaimed);
    const times = [
      -1, -2, 9.2e18, 8_640_000_000_000_000, 8_640_000_000_060_000, -210_866_803_200_000, -210_866_803_200_001, -60_000,
      -1,
    ];
    processor.process(
      batchOf(
        times.map((timestampMs, offset) => recordOf(offset, null, timestampMs)),
        times.length,
      ),
    );
    const [{ rows = [] } = {}] = processor.checkpoint().added ?? [];
    expect(rows.map(({ windowStartMs, count }) => [windowStartMs, count])).toEqual([
      [-Infinity, 5],
      [-60_000, 2],
      [8_640_000_000_000_000, 1],
      [-210_866_803_200_000, 1],
    ]);
  });
});
