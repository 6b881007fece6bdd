import { describe, expect, it } from "vitest";
import { createDiary } from "../src/diary.js";
import type { Fault } from "../src/fault.js";
import { defaultOptions } from "../src/options.js";
import { formatOutcome, formatSchedule, isEqual, type Outcome } from "../src/report.js";

const schedule: readonly Fault[] = [
  { kind: "kill consumer in COPY", atMs: 600, consumer: 2, forMs: 1_400, clockHours: 0 },
  { kind: "wrong clock", atMs: 12_340, consumer: 1, forMs: 0, clockHours: -30 },
  { kind: "stall Kafka", atMs: 100_000, consumer: null, forMs: 5_000, clockHours: 0 },
];

function outcomeOf(more: Partial<Outcome> = {}): Outcome {
  return {
    ...createDiary(() => undefined).happenings(),
    options: { ...defaultOptions, seed: 1, minutes: 1 },
    schedule,
    sent: { scenario: "dirty", seed: 1, events: 60_000, rate: 1_000, startMs: Date.UTC(2024, 1, 3, 17), startIndex: 0 },
    copied: null,
    seconds: 65,
    verdict: null,
    ...more,
  };
}

describe("the schedule", () => {
  it("says of each fault when, what and whom", () => {
    expect(formatSchedule(schedule).split("\n")).toEqual([
      "    0.6 s  SIGKILL consumer 2 in the middle of a COPY, started again after 1.4 s",
      "   12.3 s  SIGTERM consumer 1, which joins again with a clock 30 h slow",
      "  100.0 s  stall all connections to Kafka for 5.0 s",
    ]);
  });
});

describe("the outcome", () => {
  it("counts what took effect, and what the consumers said of it", () => {
    const lines: string[] = [];
    const diary = createDiary((line) => lines.push(line));
    diary.took("kill consumer", "a");
    diary.took("kill Postgres", "b");
    diary.took("leave", "c");
    diary.note("partition 3 was claimed by another; claiming it again");
    diary.note("partition 3: the server closed the connection; claiming it again");
    diary.note("reads partitions 1, 2 of socmed-events");
    diary.surprise(2, { code: 1, lastWords: ["Error: no", "at x"] });
    const text = formatOutcome(outcomeOf(diary.happenings()), 80);
    expect(lines.map((line) => line.replace(/^ +\d+\.\d s {2}/, ""))).toEqual([
      "fault     a",
      "fault     b",
      "fault     c",
      "surprise  consumer 2 ended by itself with code 1: Error: no | at x",
    ]);
    for (const row of [
      / {2}kill consumer +1\n/,
      / {2}kill Kafka +0\n/,
      / {2}all, of 3 in the schedule +3\n/,
      / {2}SIGKILLs that hit a living process, of 1 +2\n/,
      / {2}was fenced: another had claimed its partition +1\n/,
      / {2}claimed again after an error +1\n/,
      / {2}ended by itself +1\n {4}consumer 2 ended by itself with code 1/,
    ])
      expect(text).toMatch(row);
  });

  it("is not equal where the tables never reached the log's end", () => {
    expect(isEqual(outcomeOf())).toBe(false);
    expect(formatOutcome(outcomeOf(), 80)).toMatch(/\n\nNot caught up: nothing has moved for two minutes\.$/);
  });

  it("says what was sent, or that the producer broke off, and what that leaves to compare", () => {
    expect(formatOutcome(outcomeOf(), 80)).toContain("\n60,000 events from 2024-02-03T17:00:00.000Z on.\n65 s from ");
    const copied = formatOutcome(outcomeOf({ copied: 6_000 }), 80);
    expect(copied).toContain("\n6,000 records sent again to other partitions: only log -> tables is compared.\n");
    const broken = formatOutcome(outcomeOf({ sent: null }), 80);
    expect(broken).toContain("\nThe producer did not have all acknowledged: only log -> tables is compared.\n");
  });
});
