import type { ScenarioRecord } from "@tidemark/socmed/scenario";
import { showBytes, showValue } from "./column.js";
import type { Findings, Kind, What } from "./findings.js";
import type { ReadRecord } from "./log-reader.js";
import type { ProducerRun } from "./producer-run.js";
import { createRecordIndex, type RecordIndex } from "./record-index.js";
import type { EventList } from "./scenario-index.js";

/** An event that the partition has to hold, and its place among those. */
interface Expected {
  readonly place: number;
  readonly record: ScenarioRecord;
}

/** How far one looks around the place that was reached, in events of the partition. */
const window = 256;

/**
 * Compares a partition of the log with the events that it has to hold: each once, key, value and timestamp equal, in order
 * per key. Events of different keys may stand in another order.
 *
 * A record is looked for where the last one was found, then up to 256 events ahead, then by its timestamp, and at last by
 * all that it holds, wherever that leads; so that one that is missing or too many does not put all others out of place,
 * and none is called missing that is there.
 */
export interface ScenarioComparison {
  take(record: ReadRecord): void;
  /** What was expected and never came. */
  finish(): void;
}

export interface ScenarioContext extends Omit<ProducerRun, "events"> {
  readonly list: EventList;
  readonly partition: number;
  /** The first offset that the log still has. */
  readonly logStart: number;
  readonly findings: Findings;
}

export function createScenarioComparison(context: ScenarioContext): ScenarioComparison {
  const { stream, startIndex, list, partition, logStart, findings } = context;
  const isMatched = createBits(list.length);
  /** Rising places, not matched yet; they end before `next`. */
  let ahead: Expected[] = [];
  let recent: Expected[] = [];
  let next = 0;
  let reached = -1;
  const lastOfKey = new Map<string, number>();

  const eventAt = (place: number): ScenarioRecord => stream.at(startIndex + (list[place] ?? NaN));

  function add(what: What, record: ReadRecord, expected: string, found: string): void {
    findings.add(kindOf(what), () => ({ partition, where: `offset ${record.offset}`, expected, found }));
  }

  /** One more into view; false where there is none, or where it is too far ahead. */
  function look(): boolean {
    if (next >= list.length || next > reached + window) return false;
    ahead.push({ place: next, record: eventAt(next) });
    next += 1;
    return true;
  }

  function findAhead(fits: (expected: Expected) => boolean): Expected | undefined {
    for (let at = 0; at < ahead.length || look(); at += 1) {
      const expected = ahead[at];
      if (expected !== undefined && fits(expected)) return expected;
    }
    return undefined;
  }

  /** Among all events that arrived at the record's time, one that was not matched yet before others. */
  function findByTime(record: ReadRecord): Expected | undefined {
    let found: Expected | undefined;
    for (let place = firstPlaceAt(record.timestampMs); place < list.length; place += 1) {
      if (stream.arrivalMs(startIndex + (list[place] ?? NaN)) !== record.timestampMs) break;
      const expected = { place, record: eventAt(place) };
      if (!isEqual(expected, record)) continue;
      found ??= expected;
      if (!isMatched.has(place)) return expected;
    }
    return found;
  }

  let index: RecordIndex | undefined;

  /** The same among all events, for a record whose timestamp is not its arrival: a producer's clock may be wrong. */
  function findAnywhere(record: ReadRecord): Expected | undefined {
    index ??= createRecordIndex(list.length, eventAt);
    let found: Expected | undefined;
    for (const place of index.placesOf(record)) {
      const expected = { place, record: eventAt(place) };
      if (!isEqual(expected, record)) continue;
      found ??= expected;
      if (!isMatched.has(place)) return expected;
    }
    return found;
  }

  function firstPlaceAt(timeMs: number): number {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (stream.arrivalMs(startIndex + (list[middle] ?? NaN)) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function match(expected: Expected, record: ReadRecord): void {
    const { place, record: event } = expected;
    isMatched.add(place);
    if (ahead[0]?.place === place) ahead.shift();
    else ahead = ahead.filter((one) => one.place !== place);
    // Found by its time, far ahead: what lies between is looked for by time too.
    if (place >= next) {
      ahead = [];
      next = place + 1;
    }
    reached = Math.max(reached, place);
    ahead =
      (ahead[0]?.place ?? Infinity) < reached - window ? ahead.filter((one) => one.place >= reached - window) : ahead;
    recent.push(expected);
    if (recent.length > 2 * window) recent = recent.slice(window);
    const last = lastOfKey.get(event.key) ?? -1;
    if (place < last) {
      add("out-of-order", record, `${nameEvent(event)} before ${nameEvent(eventAt(last))}`, "it comes after it");
    } else lastOfKey.set(event.key, place);
  }

  function matchOtherwise(what: What, expected: Expected, record: ReadRecord): void {
    add(what, record, `${nameEvent(expected.record)}: ${describe(expected.record)}`, describe(record));
    match(expected, record);
  }

  function takeOutOfPlace(record: ReadRecord): void {
    const exact = findAhead((one) => isEqual(one, record)) ?? findByTime(record) ?? findAnywhere(record);
    if (exact !== undefined && !isMatched.has(exact.place)) return match(exact, record);
    if (exact !== undefined) return addRepeated(exact, record);
    const late = findAhead((one) => hasKey(one, record) && hasValue(one, record));
    if (late !== undefined) return matchOtherwise("other-timestamp", late, record);
    const repeated = recent.findLast((one) => hasKey(one, record) && hasValue(one, record));
    if (repeated !== undefined) return addRepeated(repeated, record);
    const changed = findAhead((one) => hasKey(one, record) && hasTime(one, record));
    if (changed !== undefined) return matchOtherwise("other-bytes", changed, record);
    const moved = findAhead((one) => hasValue(one, record) && hasTime(one, record));
    if (moved !== undefined) return matchOtherwise("other-key", moved, record);
    add("unexpected-record", record, "no such record", describe(record));
  }

  function addRepeated({ record: event }: Expected, record: ReadRecord): void {
    add("repeated-event", record, `${nameEvent(event)} once`, "again");
  }

  return {
    take(record) {
      if (ahead.length === 0) look();
      const first = ahead[0];
      if (first !== undefined && isEqual(first, record)) match(first, record);
      else takeOutOfPlace(record);
    },
    finish() {
      for (let place = 0; place < list.length; place += 1) {
        if (isMatched.has(place)) continue;
        findings.add(kindOf("missing-event"), () => {
          const event = eventAt(place);
          const beginsAt = logStart > 0 ? ` (the log begins at offset ${logStart})` : "";
          return { partition, where: nameEvent(event), expected: describe(event), found: `no record${beginsAt}` };
        });
      }
    },
  };
}

const kindOf = (what: What): Kind => ({ link: "scenario-log", what, table: null, column: null });

const nameEvent = ({ index, key }: ScenarioRecord) => `event ${index} (${key})`;

function describe({
  key,
  value,
  timestampMs,
}: Pick<ScenarioRecord, "value" | "timestampMs"> & { readonly key: unknown }) {
  const shownKey = key === null ? "none" : showValue(String(key));
  const time = timestampMs === -1 ? "none" : new Date(timestampMs).toISOString();
  return `${showBytes(value)}, key ${shownKey}, timestamp ${time}`;
}

const isEqual = (expected: Expected, record: ReadRecord) =>
  hasTime(expected, record) && hasValue(expected, record) && hasKey(expected, record);

const hasTime = ({ record: { timestampMs } }: Expected, record: ReadRecord) => timestampMs === record.timestampMs;

function hasValue({ record: { value } }: Expected, record: ReadRecord): boolean {
  if (value === null || record.value === null) return value === record.value;
  return value.byteLength === record.value.byteLength && Buffer.compare(value, record.value) === 0;
}

const hasKey = ({ record: { key } }: Expected, record: ReadRecord) => record.key?.toString() === key;

function createBits(length: number) {
  const words = new Uint32Array(Math.ceil(length / 32));
  return {
    has: (at: number) => ((words[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0,
    add(at: number) {
      words[at >>> 5] = (words[at >>> 5] ?? 0) | (1 << (at & 31));
    },
  };
}
