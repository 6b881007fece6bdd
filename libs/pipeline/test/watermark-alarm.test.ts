import { describe, expect, it } from "vitest";
import { describeWatermarkAhead, PipelineHealth } from "../src/health.js";
import { OwnedPartitions } from "../src/owned-partitions.js";
import type { PipelineEvent } from "../src/pipeline-event.js";
import { WatermarkAlarm } from "../src/watermark-alarm.js";
import type { WatermarkLead } from "../src/watermark-lead.js";
import { claimed } from "./events.js";

const noonMs = Date.parse("2024-03-01T12:00:00Z");
const minuteMs = 60_000;

/** An alarm on a machine whose clock stands at noon, and what it has raised. */
function watch() {
  const raised: PipelineEvent[] = [];
  const alarm = new WatermarkAlarm(
    (event) => void raised.push(event),
    () => noonMs,
  );
  /** The partition was read; times in minutes after noon. */
  function read(partition: number, setAt: number, more: { last?: number; followers?: number; newest?: number } = {}) {
    const lead: WatermarkLead = {
      watermarkMs: noonMs + (setAt - 5) * minuteMs,
      eventTimeMs: noonMs + setAt * minuteMs,
      offset: 812,
      timestampMs: noonMs + setAt * minuteMs,
      followers: more.followers ?? 0,
      newestArrivalMs: more.newest === undefined ? -Infinity : noonMs + more.newest * minuteMs,
      lastTimestampMs: more.last === undefined ? -1 : noonMs + more.last * minuteMs,
    };
    alarm.on({ type: "processed", partition, taken: 0, rows: () => ({ rows: [], late: [], rejected: [] }), lead });
    return raised.splice(0);
  }
  return { alarm, read, raised };
}

describe("by the log alone", () => {
  // Years ago by the machine's clock: nothing is live.
  const old = -1_000_000;

  it("a watermark is ahead once three records behind its event do not come up to it, and is named with its cause", () => {
    const { read } = watch();
    expect(read(3, old + 50)).toEqual([]);
    expect(read(3, old + 50, { followers: 2, newest: old + 1 })).toEqual([]);
    expect(read(3, old + 50, { followers: 3, newest: old + 1 })).toMatchObject([
      { type: "watermark-ahead", partition: 3, offset: 812, aheadMs: 44 * minuteMs },
    ]);
    // Told once.
    expect(read(3, old + 50, { followers: 4, newest: old + 2 })).toEqual([]);
    expect(read(3, old + 50, { followers: 5, newest: old + 45 })).toEqual([
      { type: "watermark-in-step", partition: 3 },
    ]);
  });

  it("a backlog raises nothing: partitions are read one after the other, each with arrivals of its own", () => {
    const { read } = watch();
    for (let minute = 0; minute < 600; minute += 1) {
      expect(read(0, old + minute, { followers: 3, newest: old + minute })).toEqual([]);
    }
    expect(read(1, old, { followers: 100, newest: old + 1 })).toEqual([]);
  });

  it("one record that was sent late among others raises nothing", () => {
    const { read } = watch();
    expect(read(0, old, { followers: 500, newest: old - 1 })).toEqual([]);
  });

  it("stays raised when the partition is claimed again, until something tells otherwise", () => {
    const { alarm, read, raised } = watch();
    read(0, old + 50, { followers: 3, newest: old });
    const lead = { watermarkMs: noonMs + (old + 45) * minuteMs, maxEventTimeMs: noonMs + (old + 50) * minuteMs };
    alarm.on(claimed(0, lead));
    expect(raised).toEqual([]);
    alarm.on({ type: "revoked", partitions: [0] });
    alarm.on(claimed(0, lead));
    expect(raised).toEqual([]);
  });
});

describe("live", () => {
  it("a watermark beyond the clock is ahead, though nothing follows it, once records arrive that agree with the clock", () => {
    const { read } = watch();
    expect(read(3, 50, { last: 50 })).toEqual([]);
    expect(read(0, 0, { last: 0 })).toMatchObject([{ type: "watermark-ahead", partition: 3, aheadMs: 45 * minuteMs }]);
  });

  it("so is that of a fast producer that sends alternately with an honest one", () => {
    const { read } = watch();
    // Each record of the fast one sets the watermark anew, so that no three follow.
    expect(read(0, 50, { last: 50 })).toEqual([]);
    expect(read(0, 50, { last: 0, followers: 1, newest: 0 })).toMatchObject([{ type: "watermark-ahead", offset: 812 }]);
    expect(read(0, 51, { last: 51 })).toEqual([]);
  });

  it("one that was set before the start is ahead too", () => {
    const { alarm, read, raised } = watch();
    const set = { watermarkMs: noonMs + 45 * minuteMs, maxEventTimeMs: noonMs + 50 * minuteMs };
    alarm.on(claimed(3, { ...set, maxEventOffset: 9 }));
    expect(raised).toEqual([]);
    expect(read(0, 0, { last: 0 })).toMatchObject([{ type: "watermark-ahead", partition: 3, offset: 9 }]);
  });

  it("a stream of another time raises nothing, since no record agrees with the clock", () => {
    const { read } = watch();
    for (const minute of [1_000, 2_000]) expect(read(0, minute, { last: minute })).toEqual([]);
  });

  it("partitions that are apart raise nothing while none is beyond the clock: idle ones, and some far behind", () => {
    const { read } = watch();
    read(1, -600, { last: -600 });
    expect(read(0, 4, { last: 0 })).toEqual([]);
    expect(read(2, 0, { last: 0 })).toEqual([]);
  });
});

it("health tells of it beside its being ready, and forgets it with the partition", () => {
  const health = new PipelineHealth(new OwnedPartitions());
  const event = {
    type: "watermark-ahead",
    partition: 3,
    offset: 812,
    eventTimeMs: noonMs + 50 * minuteMs,
    timestampMs: noonMs + 50 * minuteMs,
    watermarkMs: noonMs + 45 * minuteMs,
    aheadMs: 45 * minuteMs,
  } as const;
  health.on(event);
  expect(health.degradedReasons()).toEqual([
    "the watermark of partition 3 is 45 min ahead of what arrives, so that good events are late: the event at offset 812 set it, with the time 2024-03-01T12:50:00.000Z, its record's timestamp 2024-03-01T12:50:00.000Z",
  ]);
  expect(describeWatermarkAhead({ ...event, offset: undefined, timestampMs: -1, aheadMs: 90_000 })).toBe(
    "the watermark of partition 3 is 90 s ahead of what arrives, so that good events are late: an event that was read before set it, with the time 2024-03-01T12:50:00.000Z",
  );
  health.on({ type: "revoked", partitions: [3] });
  expect(health.degradedReasons()).toEqual([]);
  health.on(event);
  health.on({ type: "watermark-in-step", partition: 3 });
  expect(health.degradedReasons()).toEqual([]);
});
