import type { Window } from "./assigners.js";
import type { TaskDefinition } from "./definition.js";
import { isOpen } from "./lateness.js";
import type { Held } from "./windowing.js";

/** Why a window is open, or since when it is not. */
export interface WindowExplanation extends Window {
  readonly open: boolean;
  /** Rows held of it. */
  readonly rows: number;
  /** The watermark that closes it: end + allowed lateness. */
  readonly closesAtMs: number;
  /** How much the watermark lacks of that; 0 where it is closed. */
  readonly lacksMs: number;
  /** An event of this time or a later one closes it; null where only a watermark from outside does. */
  readonly closedByEventAtMs: number | null;
}

/** One source's watermark. */
export interface SourceExplanation {
  readonly source: string;
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  readonly idle: boolean;
  /** How far the source is ahead of the overall watermark. */
  readonly aheadMs: number;
}

export interface Explanation {
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  readonly held: Held;
  /** The source that holds the watermark back, where several share it; null otherwise. */
  readonly heldBy: SourceExplanation | null;
  readonly sources: readonly SourceExplanation[];
  readonly window: WindowExplanation | null;
  /** All of it in a sentence or two. */
  readonly text: string;
}

interface TaskFigures {
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  readonly held: Held;
  readonly rows: number;
}

/** Explains a task with a watermark of its own. */
export function explainTask<E>(definition: TaskDefinition<E>, figures: TaskFigures, window?: Window): Explanation {
  const { watermarkMs, maxEventTimeMs, held, rows } = figures;
  const explained = window === undefined ? null : explainWindow(definition, watermarkMs, rows, window);
  const text = [describeWatermark(watermarkMs, maxEventTimeMs), describeHeld(held)];
  if (explained !== null) text.push(describeWindow(explained));
  return {
    watermarkMs,
    maxEventTimeMs,
    held,
    heldBy: null,
    sources: [],
    window: explained,
    text: text.join(" "),
  };
}

function explainWindow<E>(
  { allowedLatenessMs, watermarkDelayMs }: TaskDefinition<E>,
  watermarkMs: number,
  rows: number,
  { startMs, endMs }: Window,
): WindowExplanation {
  const closesAtMs = endMs + allowedLatenessMs;
  const open = isOpen(endMs, allowedLatenessMs, watermarkMs);
  const closedByEventAtMs = watermarkDelayMs === "given" ? null : closesAtMs + watermarkDelayMs;
  return { startMs, endMs, open, rows, closesAtMs, lacksMs: open ? closesAtMs - watermarkMs : 0, closedByEventAtMs };
}

function describeWatermark(watermarkMs: number, maxEventTimeMs: number): string {
  return `The watermark is at ${describeTime(watermarkMs)}, the highest event time ${describeTime(maxEventTimeMs)}.`;
}

function describeHeld({ rows, keys, ids, bytes }: Held): string {
  return `Held are ${rows} rows of ${keys} combinations of keys and ${ids} ids, about ${bytes} bytes.`;
}

function describeWindow({ startMs, endMs, open, rows, ...window }: WindowExplanation): string {
  const name = `Window [${describeTime(startMs)}, ${describeTime(endMs)}) of ${rows} rows`;
  if (!open) return `${name} is closed: the watermark has reached ${describeTime(window.closesAtMs)}.`;
  const how =
    window.closedByEventAtMs === null
      ? "a watermark from outside"
      : `an event at ${describeTime(window.closedByEventAtMs)} or later`;
  return `${name} is open: the watermark lacks ${window.lacksMs} ms of ${describeTime(window.closesAtMs)}; ${how} closes it.`;
}

/** An ISO date where there is one. */
export function describeTime(timeMs: number): string {
  if (timeMs === -Infinity) return "none yet";
  if (timeMs === Infinity) return "the end";
  return Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : `${timeMs} ms`;
}
