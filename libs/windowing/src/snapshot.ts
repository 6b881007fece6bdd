import type { TaskDefinition } from "./definition.js";
import { refuseSnapshot } from "./errors.js";
import { checkLedger, type Ledger } from "./ledger.js";
import type { SavedRollup, WindowRow } from "./rollup-state.js";
import { windowStart } from "./tumbling.js";
import { NO_EVENT_YET, watermarkOf } from "./watermark.js";

/**
 * A task's state as data: JSON and back, it goes on as if nothing had happened. It may hold closed windows and expired
 * ids (rows read back from tables): they change nothing.
 */
export interface Snapshot {
  readonly version: 1;
  /** null before any event. Always maxEventTimeMs − the definition's delay. */
  readonly watermarkMs: number | null;
  /** null before any event. */
  readonly maxEventTimeMs: number | null;
  readonly ledger: Ledger;
  /** One entry per rollup of the definition. */
  readonly windows: readonly SavedRollup[];
  /** The ids of counted events, each with a time within the base window that it was counted in. */
  readonly ids: readonly { readonly id: string; readonly timeMs: number }[];
}

/** Returns the snapshot. Throws `bad-snapshot` or `bad-ledger` when this definition cannot have made it. */
export function checkSnapshot<E>(snapshot: Snapshot, definition: TaskDefinition<E>): Snapshot {
  if (snapshot.version !== 1) throw refuseSnapshot("version", snapshot.version, "1");
  checkLedger(snapshot.ledger);
  checkTimes(snapshot, definition.watermarkDelayMs);

  const names = definition.rollups.map((rollup) => rollup.name);
  for (const [at, saved] of snapshot.windows.entries()) {
    if (names.includes(saved.rollup)) continue;
    throw refuseSnapshot(`windows[${at}].rollup`, saved.rollup, `a rollup of the definition: ${names.join(", ")}`);
  }
  for (const { name, sizeMs, keys, aggregates } of definition.rollups) {
    const saved = snapshot.windows.filter(({ rollup }) => rollup === name);
    if (saved[0] === undefined || saved.length > 1) {
      throw refuseSnapshot(
        `windows of rollup "${name}"`,
        `${saved.length} entries`,
        "one entry, empty if it has no rows",
      );
    }
    checkRows(name, saved[0], sizeMs, keys.length, Object.keys(aggregates).length);
  }
  for (const [at, { id, timeMs }] of snapshot.ids.entries()) {
    if (typeof id !== "string") throw refuseSnapshot(`ids[${at}].id`, id, "a string");
    if (!Number.isSafeInteger(timeMs)) throw refuseSnapshot(`ids[${at}].timeMs`, timeMs, "an integer of ms");
  }
  return snapshot;
}

function checkTimes({ watermarkMs, maxEventTimeMs }: Snapshot, delayMs: number): void {
  if (maxEventTimeMs !== null && !Number.isSafeInteger(maxEventTimeMs)) {
    throw refuseSnapshot("maxEventTimeMs", maxEventTimeMs, "an integer of ms, or null before any event");
  }
  const expected = maxEventTimeMs === null ? null : watermarkOf(maxEventTimeMs, delayMs);
  if (watermarkMs === expected) return;
  throw refuseSnapshot("watermarkMs", watermarkMs, `${expected}: maxEventTimeMs - the definition's watermarkDelayMs`);
}

function checkRows(name: string, saved: SavedRollup, sizeMs: number, keys: number, values: number): void {
  const seen = new Set<string>();
  for (const [at, row] of saved.rows.entries()) {
    const path = `windows of rollup "${name}", row ${at}, `;
    if (!Number.isSafeInteger(row.windowStartMs) || windowStart(row.windowStartMs, sizeMs) !== row.windowStartMs) {
      throw refuseSnapshot(`${path}windowStartMs`, row.windowStartMs, `a multiple of ${sizeMs} ms`);
    }
    if (row.keys.length !== keys || !row.keys.every((key) => typeof key === "string")) {
      throw refuseSnapshot(`${path}keys`, row.keys, `${keys} strings`);
    }
    if (row.values.length !== values || !row.values.every((value) => Number.isFinite(value))) {
      throw refuseSnapshot(`${path}values`, row.values, `${values} finite numbers`);
    }
    const identity = identify(row);
    if (seen.has(identity)) throw refuseSnapshot(`${path}window and keys`, identity, "each once");
    seen.add(identity);
  }
  for (const position of saved.changed ?? []) {
    if (Number.isInteger(position) && saved.rows[position] !== undefined) continue;
    throw refuseSnapshot(`windows of rollup "${name}", changed`, position, `positions below ${saved.rows.length}`);
  }
}

function identify(row: WindowRow): string {
  return JSON.stringify([row.windowStartMs, ...row.keys]);
}

/** -Infinity as null, since JSON has none. */
export function timeToJson(timeMs: number): number | null {
  return timeMs === NO_EVENT_YET ? null : timeMs;
}

export function timeFromJson(timeMs: number | null): number {
  return timeMs ?? NO_EVENT_YET;
}
