import { checkInteger, checkProperties, MAX_DURATION_MS } from "./checks.js";
import { refuseDefinition } from "./errors.js";

/** Windows of one size, one behind the other. `offsetMs` shifts their edges: |offset| < size; it may be negative. */
export interface TumblingAssigner {
  readonly kind: "tumbling";
  readonly sizeMs: number;
  readonly offsetMs?: number;
}

/**
 * Windows of one size, one beginning every `slideMs`: an event lies in size / slide of them (in one more or fewer where
 * the slide does not divide the size). With `gaps` the slide may be larger than the size: then some events lie in none.
 */
export interface HoppingAssigner {
  readonly kind: "hopping";
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs?: number;
  readonly gaps?: boolean;
}

/** Per combination of keys: events at most `gapMs` apart belong together. The window ends `gapMs` after the last one. */
export interface SessionAssigner {
  readonly kind: "session";
  readonly gapMs: number;
}

export type WindowAssigner = TumblingAssigner | HoppingAssigner | SessionAssigner;

/** [startMs, endMs) */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

export function tumbling(sizeMs: number, offsetMs = 0): TumblingAssigner {
  return { kind: "tumbling", sizeMs, offsetMs };
}

export function hopping(
  sizeMs: number,
  slideMs: number,
  options: { readonly offsetMs?: number; readonly gaps?: boolean } = {},
): HoppingAssigner {
  return { kind: "hopping", sizeMs, slideMs, ...options };
}

export function session(gapMs: number): SessionAssigner {
  return { kind: "session", gapMs };
}

/**
 * The number of the last window that begins at or before `timeMs`; window i begins at i * slideMs + offsetMs. A mathematical
 * floor, so -1 lies before 0. Exact for safe integers: the quotient of two integers below 2^53 cannot round up to the next.
 */
export function windowIndex(timeMs: number, slideMs: number, offsetMs = 0): number {
  // + 0 turns -0 into 0.
  return Math.floor((timeMs - offsetMs) / slideMs) + 0;
}

/** The start, in ms, of the last window that begins at or before `timeMs`. */
export function windowStart(timeMs: number, slideMs: number, offsetMs = 0): number {
  return windowIndex(timeMs, slideMs, offsetMs) * slideMs + offsetMs;
}

/**
 * The windows that `timeMs` lies in, by their start; none in a gap. A session's is that of an event alone, before merging.
 * Throws `bad-definition` as `checkAssigner` does.
 */
export function assignWindows(assigner: WindowAssigner, timeMs: number): Window[] {
  checkAssigner("assigner", assigner);
  if (assigner.kind === "session") return [{ startMs: timeMs, endMs: timeMs + assigner.gapMs }];
  const { sizeMs, slideMs, offsetMs } = fixedWindowsOf(assigner);
  const windows: Window[] = [];
  for (let startMs = windowStart(timeMs, slideMs, offsetMs); startMs > timeMs - sizeMs; startMs -= slideMs) {
    windows.push({ startMs, endMs: startMs + sizeMs });
  }
  return windows.toReversed();
}

/** Windows that overlap or touch become one, however many in a row. By their start. */
export function mergeSessions(windows: readonly Window[]): Window[] {
  const merged: Window[] = [];
  for (const window of windows.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = merged.at(-1);
    if (last === undefined || window.startMs > last.endMs) merged.push(window);
    else merged[merged.length - 1] = { startMs: last.startMs, endMs: Math.max(last.endMs, window.endMs) };
  }
  return merged;
}

/** A tumbling window is a hopping one whose slide is its size. */
export function fixedWindowsOf(
  assigner: TumblingAssigner | HoppingAssigner,
): Required<Omit<HoppingAssigner, "kind" | "gaps">> {
  const { sizeMs, offsetMs = 0 } = assigner;
  if (assigner.kind === "tumbling") return { sizeMs, slideMs: sizeMs, offsetMs };
  return { sizeMs, slideMs: assigner.slideMs, offsetMs };
}

/** Returns the assigner. Throws a `RefusedValueError` (`bad-definition`) with `path` and the field, its value and what is allowed. */
export function checkAssigner(path: string, assigner: WindowAssigner): WindowAssigner {
  switch (assigner?.kind) {
    case "session":
      checkProperties(path, assigner, ["kind", "gapMs"]);
      checkInteger(`${path}.gapMs`, assigner.gapMs, 1, MAX_DURATION_MS, "ms");
      return assigner;
    case "tumbling":
      checkProperties(path, assigner, ["kind", "sizeMs", "offsetMs"]);
      checkInteger(`${path}.sizeMs`, assigner.sizeMs, 1, MAX_DURATION_MS, "ms");
      checkOffset(path, assigner.offsetMs, assigner.sizeMs);
      return assigner;
    case "hopping": {
      const { sizeMs, slideMs, gaps = false } = assigner;
      checkProperties(path, assigner, ["kind", "sizeMs", "slideMs", "offsetMs", "gaps"]);
      checkInteger(`${path}.sizeMs`, sizeMs, 1, MAX_DURATION_MS, "ms");
      checkInteger(`${path}.slideMs`, slideMs, 1, MAX_DURATION_MS, "ms");
      if (typeof gaps !== "boolean") throw refuseDefinition(`${path}.gaps`, gaps, "true or false");
      if (slideMs > sizeMs && !gaps) {
        throw refuseDefinition(`${path}.slideMs`, slideMs, `at most sizeMs (${sizeMs}), unless gaps is true`);
      }
      if (sizeMs / slideMs > MAX_WINDOWS_OF_AN_EVENT) {
        throw refuseDefinition(`${path}.slideMs`, slideMs, `at least sizeMs / ${MAX_WINDOWS_OF_AN_EVENT}`);
      }
      checkOffset(path, assigner.offsetMs, slideMs);
      return assigner;
    }
    default:
      throw refuseDefinition(
        assigner === null || typeof assigner !== "object" ? path : `${path}.kind`,
        (assigner as { kind?: unknown } | undefined)?.kind ?? assigner,
        '"tumbling", "hopping" or "session"',
      );
  }
}

/** An event is added to each of its windows. */
const MAX_WINDOWS_OF_AN_EVENT = 100_000;

function checkOffset(path: string, offsetMs: number | undefined, slideMs: number): void {
  if (offsetMs !== undefined) checkInteger(`${path}.offsetMs`, offsetMs, 1 - slideMs, slideMs - 1, "ms");
}
