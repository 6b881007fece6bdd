import type { Window } from "./assigners.js";
import type { RetractedRowOf, RowOf } from "./definition.js";
import type { Verdict } from "./ledger.js";
import type { SavedId, SavedIds, SavedRollup, SavedWindow } from "./snapshot.js";

/** What one rollup gives out at a checkpoint. */
export interface Changes {
  readonly retracted: readonly RetractedRowOf[];
  readonly rows: readonly RowOf[];
}

/** A window whose limit of keys rejects an event. */
export interface FullWindow extends Window {
  readonly rollup: string;
}

/** What is held, and about how many bytes it takes beside custom accumulators. */
export interface Held {
  /** Rows: combinations of a window and keys. */
  readonly rows: number;
  readonly keys: number;
  readonly ids: number;
  readonly bytes: number;
}

/**
 * The windows of one judged stream, and the ids counted in them: judges the event that the reader holds, adds it, and gives
 * rows out. One implementation for fixed windows, one for sessions. A window is open while `isOpen` by the watermark that
 * stood before the event; that is tested at look-up, so when closed ones are evicted changes nothing but memory.
 */
export interface Windowing<E> {
  /**
   * Judges the event by the clock and, where it counts, adds it. Below the watermark `elsewhereMs` its id is taken by another
   * stream: then it is a duplicate if it is not late. Throws `sum-overflow` and `too-many-ids`.
   */
  take(event: E, elsewhereMs: number): Extract<Verdict, "counted" | "late" | "duplicate" | "rejected">;
  /** After `late`: by how many ms it missed the window of its own that closed last. */
  readonly missedByMs: number;
  /** After `counted`: the windows that the event came too late for, if any; by their start. */
  readonly missed: readonly Window[];
  /** After `duplicate`: whether only another stream has counted the id. */
  readonly isCopy: boolean;
  /** After `rejected`: the first window that the event's keys were beyond the limit of. */
  readonly full?: FullWindow | undefined;
  /** Per rollup, what has changed since the last call, in the order of first change. Marks it as given out. */
  takeChanged(): Changes[];
  /** Per rollup, the rows of windows that have closed, by end, start and keys. */
  takeClosed(watermarkMs: number): Changes[];
  /** Forgets what is closed. In the mode `update` after `takeChanged`, in `final` after `takeClosed`. */
  evict(watermarkMs: number): void;
  save(watermarkMs: number): { readonly windows: SavedRollup[]; readonly ids: SavedId[] };
  /** Takes up what `save` gave, but nothing that is closed and waits for no checkpoint. */
  restore(windows: readonly SavedRollup[], ids: SavedIds, watermarkMs: number): void;
  held(): Held;
  /** The rows that lie in exactly this window. */
  countRows(window: Window): number;
}

/** The order of rows that are given out once: by end, then start, then keys by their UTF-16 units. */
export function compareFinals(a: SavedWindow, b: SavedWindow): number {
  return a.windowEndMs - b.windowEndMs || a.windowStartMs - b.windowStartMs || compareKeys(a.keys, b.keys);
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < a.length; at++) {
    const [left, right] = [a[at] as string, b[at] as string];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** Keys by their names. */
export function nameKeys(fields: readonly string[], values: readonly string[]): Record<string, string> {
  const keys: Record<string, string> = {};
  for (let at = 0; at < fields.length; at++) keys[fields[at] as string] = values[at] as string;
  return keys;
}

/** A row as it is given out. */
export function createRow(fields: readonly string[], window: SavedWindow, values: Record<string, unknown>): RowOf {
  const { windowStartMs, windowEndMs, keys } = window;
  return { windowStartMs, windowEndMs, keys: nameKeys(fields, keys), values: values as RowOf["values"] };
}
