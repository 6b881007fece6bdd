import type { OracleDefinition, OracleAggregate, OracleRollup } from "../../src/oracle/index.js";
import type { Entry, Order } from "./small-log.js";

// The rules once more, as sentences about the whole log: nothing is kept from one record to the next, each looks through
// all before it. Cubic, and no code of the oracle.

interface Verdict {
  readonly kind: "counted" | "duplicate" | "late" | "quarantined" | "rejected";
  /** By how much it missed, or is ahead, or the offset of the first: what its kind has to tell. */
  readonly detail: number | null;
  readonly watermarkMs: number;
}

export function judgeAll(definition: OracleDefinition, entries: readonly Entry[]): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const [offset, { event }] of entries.entries()) {
    const watermarkMs = watermarkBefore(definition, entries, offset);
    const tell = (kind: Verdict["kind"], detail: number | null) => verdicts.push({ kind, detail, watermarkMs });
    if (event === null) {
      tell("rejected", null);
      continue;
    }
    const aheadMs = aheadOf(definition, entries[offset]);
    const lateFromMs = closingOf(definition, event);
    const first = entries.findIndex(
      (other, at) =>
        verdicts[at]?.kind === "counted" &&
        other.event?.orderNo === event.orderNo &&
        watermarkMs < closingOf(definition, other.event),
    );
    if (aheadMs > 0) tell("quarantined", aheadMs);
    else if (lateFromMs <= watermarkMs) tell("late", watermarkMs - lateFromMs);
    else if (first >= 0) tell("duplicate", first);
    else if (isRejectedByLimit(definition, entries.slice(0, offset), verdicts, event)) tell("rejected", null);
    else tell("counted", null);
  }
  return verdicts;
}

/** The highest time of the events before `offset` that are not ahead of their record, less the delay. */
export function watermarkBefore(definition: OracleDefinition, entries: readonly Entry[], offset: number): number {
  const believed = entries.slice(0, offset).filter((entry) => aheadOf(definition, entry) <= 0);
  const times = believed.flatMap(({ event }) => (event === null ? [] : [event.placedAt * 1000]));
  return Math.max(-Infinity, ...times) - definition.watermarkDelayMs;
}

/** `rollup start keys values` of every window, in no order. */
export function windowsOf(definition: OracleDefinition, entries: readonly Entry[]): string[] {
  const verdicts = judgeAll(definition, entries);
  const counted = entries.flatMap(({ event }, at) => (event !== null && verdicts[at]?.kind === "counted" ? event : []));
  const windows = definition.rollups.flatMap((rollup) => {
    const { name, keys, aggregates } = rollup;
    const others = JSON.stringify(keys.map(() => "other"));
    const placeOf = (event: Order) => {
      const own = keysOf(rollup, event);
      const first = firstKeys(rollup, counted, event, rollup.keyLimit?.beyond === "other" ? others : undefined);
      return `${name} ${startOf(rollup, event)} ${first.includes(own) ? own : others}`;
    };
    return [...new Set(counted.map(placeOf))].map((place) => {
      const events = counted.filter((event) => placeOf(event) === place);
      return `${place} ${Object.values(aggregates)
        .flatMap((aggregate) => valuesOf(aggregate, events))
        .join(" ")}`;
    });
  });
  return windows;
}

const startOf = ({ window: { sizeMs } }: OracleRollup, { placedAt }: Order) =>
  placedAt * 1000 - ((placedAt * 1000) % sizeMs);

const keysOf = ({ keys }: OracleRollup, event: Order) => JSON.stringify(keys.map((key) => event[key as keyof Order]));

/** The combinations of keys of an event's window that have a row each, as the limit has it, without `excluded`. */
function firstKeys(rollup: OracleRollup, counted: readonly Order[], event: Order, excluded?: string): string[] {
  const inWindow = counted.filter((other) => startOf(rollup, other) === startOf(rollup, event));
  const combinations = new Set(inWindow.map((other) => keysOf(rollup, other)));
  return [...combinations].filter((keys) => keys !== excluded).slice(0, rollup.keyLimit?.perWindow);
}

function isRejectedByLimit(
  { rollups }: OracleDefinition,
  before: readonly Entry[],
  verdicts: readonly Verdict[],
  event: Order,
): boolean {
  const counted = before.flatMap((entry, at) => (entry.event && verdicts[at]?.kind === "counted" ? entry.event : []));
  return rollups.some((rollup) => {
    if (rollup.keyLimit?.beyond !== "reject") return false;
    return !firstKeys(rollup, [...counted, event], event).includes(keysOf(rollup, event));
  });
}

function aheadOf({ maxFutureSkewMs }: OracleDefinition, entry: Entry | undefined): number {
  if (!entry?.event || entry.timestampMs === undefined || entry.timestampMs === -1) return 0;
  return entry.event.placedAt * 1000 - entry.timestampMs - maxFutureSkewMs;
}

/** The first multiple of the base window's size above the time, and the allowed lateness. */
function closingOf({ rollups, allowedLatenessMs }: OracleDefinition, { placedAt }: Order): number {
  const sizeMs = rollups[0]?.window.sizeMs ?? 1;
  let endMs = 0;
  while (endMs <= placedAt * 1000) endMs += sizeMs;
  return endMs + allowedLatenessMs;
}

function valuesOf(aggregate: OracleAggregate, events: readonly Order[]): (number | null)[] {
  if (aggregate.kind === "count") return [events.length];
  const values = events.map((event) => {
    const rated = event.views > 0;
    if (aggregate.field === "sold_rate") return rated ? (event.sold / event.views) * 100 : null;
    if (aggregate.field === "left_rate") return rated ? (event.lefts / event.views) * 100 : null;
    return Number(event[aggregate.field as keyof Order]);
  });
  const present = values.filter((value) => value !== null);
  const sum = present.reduce((total, value) => total + value, 0);
  const ordered = present.toSorted((a, b) => a - b);
  switch (aggregate.kind) {
    case "count-non-null":
      return [present.length];
    case "sum":
      return [sum];
    case "mean":
      return [sum, present.length];
    case "min":
      return [ordered[0] ?? null];
    case "max":
      return [ordered.at(-1) ?? null];
  }
}
