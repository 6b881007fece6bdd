import { planAggregates } from "./aggregates.js";
import { fixedWindowsOf, windowStart } from "./assigners.js";
import type { Rollup, TaskDefinition } from "./definition.js";
import { refuseSnapshot } from "./errors.js";
import { checkLedger, type Ledger } from "./ledger.js";
import type { SavedAccumulators } from "./accumulators.js";

/** A time in ms; null is -Infinity and "end" Infinity, since JSON has neither. */
export type SavedTime = number | null | "end";

/** The window and keys of a row; the keys' values in the order of the rollup's `keys`. */
export interface SavedWindow {
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly keys: readonly string[];
}

/**
 * A row's state. `values` are the numbers of its aggregates in the order of `Object.keys(rollup.aggregates)`, a mean's as sum
 * and count, a minimum or maximum of nothing as null; accumulators of custom aggregates stand apart in `custom`.
 */
export interface SavedRow extends SavedAccumulators {
  readonly windowStartMs: number;
  /** Needed for sessions alone. */
  readonly windowEndMs?: number;
  readonly keys: readonly string[];
  /** Sessions: the row was given out as it stands, and has to be retracted when its bounds change. */
  readonly given?: boolean;
  /** Sessions: the ids counted in it. */
  readonly ids?: readonly string[];
}

/** The rows of one rollup. */
export interface SavedRollup {
  readonly rollup: string;
  readonly rows: readonly SavedRow[];
  /** Positions in `rows` of those that no checkpoint has given out yet, in the order of their first change. None if absent. */
  readonly changed?: readonly number[];
  /** Sessions: what the next checkpoint retracts. */
  readonly retracted?: readonly SavedWindow[];
}

/** The id of a counted event, with a time within the last window that it was counted in. */
export interface SavedId {
  readonly id: string;
  readonly timeMs: number;
}

/** Ids in no particular order: an array, or a list that keeps them in less memory. May be gone through more than once. */
export interface SavedIds extends Iterable<SavedId> {
  readonly length: number;
}

/**
 * A task's state as data: JSON and back, it goes on as if nothing had happened. It may hold closed windows and expired
 * ids (rows read back from tables): they change nothing.
 */
export interface Snapshot {
  readonly version: 2;
  /** The greater of maxEventTimeMs − the definition's delay and givenMs. */
  readonly watermarkMs: SavedTime;
  readonly maxEventTimeMs: SavedTime;
  /** The highest watermark from outside, the definition's initial one included. Absent: none. */
  readonly givenMs?: SavedTime;
  readonly ledger: Ledger;
  /** One entry per rollup of the definition. */
  readonly windows: readonly SavedRollup[];
  /** Sessions keep theirs with their rows. */
  readonly ids: SavedIds;
}

export function timeToJson(timeMs: number): SavedTime {
  if (timeMs === -Infinity) return null;
  return timeMs === Infinity ? "end" : timeMs;
}

export function timeFromJson(timeMs: SavedTime | undefined): number {
  return timeMs === "end" ? Infinity : (timeMs ?? -Infinity);
}

/** Returns the snapshot. Throws `bad-snapshot` or `bad-ledger` when this definition cannot have made it. */
export function checkSnapshot<E>(snapshot: Snapshot, definition: TaskDefinition<E>): Snapshot {
  checkState(snapshot, definition);
  checkWatermark(snapshot, definition.watermarkDelayMs);
  return snapshot;
}

/** As `checkSnapshot`, of a task whose watermark is not its own. */
export function checkState<E>(snapshot: Snapshot, definition: TaskDefinition<E>): void {
  if (typeof snapshot !== "object" || snapshot === null) throw refuseSnapshot("value", snapshot, "an object");
  if (snapshot.version !== 2) throw refuseSnapshot("version", snapshot.version, "2");
  if (!Array.isArray(snapshot.windows)) throw refuseSnapshot("windows", snapshot.windows, "a list");
  const isList = typeof snapshot.ids === "object" && snapshot.ids !== null && Symbol.iterator in snapshot.ids;
  if (!isList) throw refuseSnapshot("ids", snapshot.ids, "a list");
  checkLedger(snapshot.ledger);
  for (const field of ["maxEventTimeMs", "watermarkMs"] as const) checkTime(field, snapshot[field]);
  const names = definition.rollups.map((rollup) => rollup.name);
  for (const [at, saved] of snapshot.windows.entries()) {
    if (names.includes(saved.rollup)) continue;
    throw refuseSnapshot(`windows[${at}].rollup`, saved.rollup, `a rollup of the definition: ${names.join(", ")}`);
  }
  for (const rollup of definition.rollups) {
    const saved = snapshot.windows.filter((entry) => entry.rollup === rollup.name);
    if (saved[0] === undefined || saved.length > 1) {
      throw refuseSnapshot(
        `windows of rollup "${rollup.name}"`,
        `${saved.length} entries`,
        "one entry, empty if it has no rows",
      );
    }
    checkRows(rollup, saved[0]);
  }
  let at = 0;
  for (const { id, timeMs } of snapshot.ids) {
    if (typeof id !== "string") throw refuseSnapshot(`ids[${at}].id`, id, "a string");
    if (!Number.isSafeInteger(timeMs)) throw refuseSnapshot(`ids[${at}].timeMs`, timeMs, "an integer of ms");
    at += 1;
  }
}

/** Throws `bad-snapshot`. */
export function checkTime(field: string, timeMs: SavedTime | undefined): void {
  if (timeMs === null || timeMs === undefined || timeMs === "end" || Number.isSafeInteger(timeMs)) return;
  throw refuseSnapshot(field, timeMs, 'an integer of ms, null for none yet, or "end"');
}

function checkWatermark(snapshot: Snapshot, delayMs: number | "given"): void {
  checkTime("givenMs", snapshot.givenMs);
  const ownMs = delayMs === "given" ? -Infinity : timeFromJson(snapshot.maxEventTimeMs) - delayMs;
  const expected = timeToJson(Math.max(ownMs, timeFromJson(snapshot.givenMs)));
  if (snapshot.watermarkMs === expected) return;
  throw refuseSnapshot(
    "watermarkMs",
    snapshot.watermarkMs,
    `${expected}: the greater of maxEventTimeMs - the definition's watermarkDelayMs and givenMs`,
  );
}

// Only how many numbers a row has is asked for.
const anySlots = { one: 0, value: () => 0, presence: () => 0 };

function checkRows<E>({ name, window, keys, aggregates }: Rollup<E>, saved: SavedRollup): void {
  const { order, customs, additions } = planAggregates(aggregates, anySlots);
  const fits = (value: number | null, at: number): boolean => {
    const addition = additions[order[at] as number];
    if (addition === undefined) return value === null || Number.isFinite(value);
    return addition.exact ? Number.isSafeInteger(value) : Number.isFinite(value);
  };
  const seen = new Set<string>();
  for (const [at, row] of saved.rows.entries()) {
    const path = `windows of rollup "${name}", row ${at}, `;
    const { windowStartMs, windowEndMs, values, custom = [] } = row;
    if (window.kind === "session") {
      const whole = Number.isSafeInteger(windowStartMs) && Number.isSafeInteger(windowEndMs);
      if (!whole || (windowEndMs as number) < windowStartMs + window.gapMs) {
        throw refuseSnapshot(
          `${path}bounds`,
          [windowStartMs, windowEndMs],
          `integers at least ${window.gapMs} ms apart`,
        );
      }
      if (row.ids?.some((id) => typeof id !== "string")) throw refuseSnapshot(`${path}ids`, row.ids, "strings");
    } else {
      const { slideMs, offsetMs } = fixedWindowsOf(window);
      if (!Number.isSafeInteger(windowStartMs) || windowStart(windowStartMs, slideMs, offsetMs) !== windowStartMs) {
        const offset = offsetMs === 0 ? "" : ` + ${offsetMs}`;
        throw refuseSnapshot(`${path}windowStartMs`, windowStartMs, `a multiple of ${slideMs} ms${offset}`);
      }
    }
    if (row.keys?.length !== keys.length || !row.keys.every((key) => typeof key === "string")) {
      throw refuseSnapshot(`${path}keys`, row.keys, `${keys.length} strings`);
    }
    if (values?.length !== order.length || !values.every(fits)) {
      throw refuseSnapshot(`${path}values`, values, `${order.length} numbers, as the aggregates make them`);
    }
    if (custom.length !== customs.length) {
      throw refuseSnapshot(`${path}custom`, custom, `${customs.length} accumulators`);
    }
    const identity = JSON.stringify([windowStartMs, window.kind === "session" ? windowEndMs : 0, ...row.keys]);
    if (seen.has(identity)) throw refuseSnapshot(`${path}window and keys`, identity, "each once");
    seen.add(identity);
  }
  for (const position of saved.changed ?? []) {
    if (Number.isInteger(position) && saved.rows[position] !== undefined) continue;
    throw refuseSnapshot(`windows of rollup "${name}", changed`, position, `positions below ${saved.rows.length}`);
  }
}
