import { describe, expect, it } from "vitest";
import { socmedEvent } from "../../src/event.js";
import { malformations } from "../../src/scenario/malformations.js";
import { faultKinds } from "../../src/scenario/scenario.js";
import { createStream, presets, type Scenario, type ScenarioRecord } from "../../src/scenario/index.js";
import { countBy } from "../statistics.js";

const { decode } = socmedEvent;

const startMs = Date.UTC(2024, 1, 3, 17);
const total = 40_000;

function take(scenario: Scenario, count: number, seed = 5): ScenarioRecord[] {
  const stream = createStream({ scenario, seed, startMs });
  return Array.from({ length: count }, (_, index) => stream.at(index));
}

const records = take(presets.dirty, total);
const of = (kind: ScenarioRecord["label"]["kind"]) => records.filter(({ label }) => label.kind === kind);
const delayOf = ({ arrivalMs, event }: ScenarioRecord) => Math.floor(arrivalMs / 1000) - (event?.Ts ?? NaN);

/** The honest ordinary event before it, by arrival: what it is told by. */
function anchorOf({ index }: ScenarioRecord): ScenarioRecord | undefined {
  return records.slice(0, index).findLast(({ label }) => label.kind === "ordinary");
}

describe("the faults of dirty", () => {
  it("come in exactly the shares that it says, of the events that are no replays", () => {
    const counts = countBy(records.map(({ label }) => label.kind));
    const fresh = total * 0.95;
    expect(counts.get("replayed")).toBe(total * 0.05);
    for (const kind of faultKinds) expect(counts.get(kind)).toBe((presets.dirty.faults?.[kind]?.share ?? 0) * fresh);
  });

  it("arrive out of order, within their delay", () => {
    const delays = of("outOfOrder").map(delayOf);
    expect(Math.min(...delays)).toBe(30);
    expect(Math.max(...delays)).toBe(230);
  });

  it("reach the last moment: the watermark's delay, less what other events may be ahead", () => {
    for (const record of of("lastMoment")) expect(delayOf(record)).toBe(240);
  });

  it("fall on the edges of minutes", () => {
    for (const { event } of of("windowEdge")) expect((event?.Ts ?? 1) % 60).toBe(0);
  });

  it("share the time and the place of another event, under an id of their own", () => {
    for (const record of of("equalTime")) {
      const anchor = anchorOf(record);
      expect(record.event?.Ts).toBe(anchor?.event?.Ts);
      expect(record.key).toBe(anchor?.key);
      expect(record.event?.ID).not.toBe(anchor?.event?.ID);
    }
  });

  it("lie ahead of their arrival by 1 to 60 s, or beyond that by 1 s to a day", () => {
    const ahead = of("ahead").map(delayOf);
    expect([Math.max(...ahead), Math.min(...ahead)]).toEqual([-1, -60]);
    const future = of("future").map(delayOf);
    expect(Math.max(...future)).toBeLessThanOrEqual(-61);
    expect(Math.min(...future)).toBeGreaterThanOrEqual(-60 - 86_400);
  });

  it("have no visitors, or too many of a part", () => {
    for (const { event } of of("zeroVisitors")) {
      expect(event).toMatchObject({ Visitors: 0, PageVisitors: 0, Conversion: 0, Sales: 0 });
    }
    const implausible = of("implausible").map(({ event }) => ({
      bounced: (event?.PageVisitors ?? 0) > (event?.Visitors ?? 0),
      converted: (event?.Conversion ?? 0) > (event?.Visitors ?? 0),
    }));
    expect(implausible.every(({ bounced, converted }) => bounced !== converted)).toBe(true);
    expect(implausible.filter(({ bounced }) => bounced)).toHaveLength(implausible.length / 2);
  });

  it("are just late: in the last window that the event before them closed, in its partition", () => {
    for (const record of of("lateJust")) {
      const anchor = anchorOf(record);
      const windowEnd = (Math.floor((record.event?.Ts ?? 0) / 5) + 1) * 5;
      const watermark = (anchor?.event?.Ts ?? 0) - 300;
      expect(windowEnd).toBeLessThanOrEqual(watermark);
      expect(windowEnd + 5).toBeGreaterThan(watermark);
      expect(record.key).toBe(anchor?.key);
    }
  });

  it("are far too late: a minute to half a day before that", () => {
    for (const record of of("lateFar")) {
      const by = Math.floor(((anchorOf(record)?.event?.Ts ?? 0) - 300) / 5) * 5 - 1 - (record.event?.Ts ?? 0);
      expect(by).toBeGreaterThanOrEqual(60);
      expect(by).toBeLessThanOrEqual(43_200);
    }
  });

  it.each([
    ["duplicateAtOnce", 0, 1],
    ["duplicateAfterAMinute", 60, 67],
    ["duplicateAfterARestart", 90, 207],
  ] as const)("repeat the bytes of an ordinary event: %s, %d to %d s later", (kind, from, to) => {
    // The first have nothing so long before them; where a replay was then, its originals are 5 s older.
    for (const { index, label, value, key, arrivalMs } of of(kind).filter(
      (record) => record.arrivalMs > startMs + 203_000,
    )) {
      const original = records[label.of ?? index];
      expect(original?.label.kind).toBe("ordinary");
      expect(original?.value).toEqual(value);
      expect(original?.key).toBe(key);
      const seconds = (arrivalMs - (original?.arrivalMs ?? 0)) / 1000;
      expect(seconds).toBeGreaterThanOrEqual(from);
      expect(seconds).toBeLessThanOrEqual(to);
    }
  });

  it("are rejected for every reason that the schema has, equally often, and for the one that the label says", () => {
    const reasons = of("malformed").map(({ value, event, label }) => {
      expect(event).toBeNull();
      const decoded = decode(value);
      const reason = decoded.ok ? "none" : decoded.rejection.reason;
      expect(reason).toBe(label.reason);
      return reason;
    });
    const counts = countBy(reasons);
    expect([...counts.keys()].toSorted()).toEqual(Object.keys(malformations).toSorted());
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it("repeat the last 250 of each 5,000 events, whatever those are", () => {
    for (const record of of("replayed")) {
      expect(record.index % 5000).toBeGreaterThanOrEqual(4750);
      expect(record.label.of).toBe(record.index - 250);
      const original = records[record.index - 250];
      expect(record.value).toEqual(original?.value);
      expect(record.key).toBe(original?.key);
    }
  });

  it("repeat no id otherwise", () => {
    const ids = records.flatMap(({ event, label }) => (event === null || label.of !== undefined ? [] : [event.ID]));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("exact counts", () => {
  it("are those of each block", () => {
    const faults = {
      per: 10_000,
      malformed: { count: 3, reasons: ["empty" as const] },
      lateFar: { count: 7, bySeconds: [1, 9] as [number, number] },
    };
    const counts = countBy(take({ ...presets.default, faults }, 20_000).map(({ label }) => label.reason ?? label.kind));
    expect(Object.fromEntries(counts)).toEqual({ ordinary: 19_980, empty: 6, lateFar: 14 });
  });
});

describe("a producer's clock", () => {
  const clock = (aheadSeconds: number, timestamps?: boolean) => ({
    ...presets.default,
    faults: undefined,
    delaySeconds: [0, 0] as [number, number],
    clocks: [
      {
        city: "Bogor",
        fromSeconds: 60,
        forSeconds: 60,
        aheadSeconds,
        ...(timestamps === undefined ? {} : { timestamps }),
      },
    ],
  });
  const isAffected = ({ event, arrivalMs }: ScenarioRecord) =>
    event?.Kota === "Bogor" && arrivalMs >= startMs + 60_000 && arrivalMs < startMs + 120_000;

  it.each([1800, -7200])("that is wrong by %d s shifts Ts and timestamp alike", (aheadSeconds) => {
    const all = take(clock(aheadSeconds), 4000);
    expect(all.filter(isAffected).length).toBeGreaterThan(100);
    for (const record of all) {
      const shift = isAffected(record) ? aheadSeconds : 0;
      expect(record.timestampMs).toBe(record.arrivalMs + shift * 1000);
      expect(record.event?.Ts).toBe(Math.floor(record.arrivalMs / 1000) + shift);
      expect(record.label.kind).toBe(shift === 0 ? "ordinary" : "wrongClock");
    }
  });

  it("may leave out the timestamps", () => {
    for (const record of take(clock(0, false), 4000)) {
      expect(record.timestampMs).toBe(isAffected(record) ? -1 : record.arrivalMs);
      expect(record.label.kind).toBe(isAffected(record) ? "noTimestamp" : "ordinary");
    }
  });
});
