import type { Row } from "./twin-task.js";

export type Trigger =
  | { readonly type: "event-time" }
  | { readonly type: "continuous-event-time"; readonly intervalMs: number }
  | { readonly type: "count"; readonly count: number };

/** What Flink's trigger of a window knows: what it has fired, and its timers. */
export interface Pane {
  readonly firedSum: number;
  readonly firedCount: number;
  /** Whether it waits for the window's end. */
  readonly awaitsEnd: boolean;
  /** When it fires next before that. */
  readonly nextFireMs: number | null;
}

const untouched: Pane = { firedSum: 0, firedCount: 0, awaitsEnd: false, nextFireMs: null };

/** The pane of a window into which others merged. */
export function mergePanes(panes: readonly Pane[]): Pane {
  return panes.reduce((merged, pane) => {
    const times = [merged.nextFireMs, pane.nextFireMs].filter((time) => time !== null);
    return {
      firedSum: merged.firedSum + pane.firedSum,
      firedCount: merged.firedCount + pane.firedCount,
      awaitsEnd: false,
      nextFireMs: times.length === 0 ? null : Math.min(...times),
    };
  }, untouched);
}

/** What an event does to its window's pane: it may fire at once. */
export function triggerByEvent(
  trigger: Trigger,
  pane: Pane,
  row: Row,
  timeMs: number,
  watermarkMs: number,
): { readonly fires: boolean; readonly pane: Pane } {
  if (trigger.type === "count") return { fires: countOf(row) - pane.firedCount >= trigger.count, pane };
  const lastMs = row.windowEndMs - 1;
  if (lastMs <= watermarkMs) return { fires: true, pane };
  const startMs = trigger.type === "continuous-event-time" ? timeMs - (timeMs % trigger.intervalMs) : null;
  const nextFireMs = pane.nextFireMs ?? (startMs === null ? null : nextFire(trigger, startMs, lastMs));
  return { fires: false, pane: { ...pane, awaitsEnd: true, nextFireMs } };
}

/** The next timer of a window, if a watermark reaches one. */
export function dueAt({ awaitsEnd, nextFireMs }: Pane, { windowEndMs }: Row, watermarkMs: number): number | null {
  const times = [...(awaitsEnd ? [windowEndMs - 1] : []), ...(nextFireMs === null ? [] : [nextFireMs])];
  const least = Math.min(...times);
  return least <= watermarkMs ? least : null;
}

/** After a timer. */
export function passTimer(trigger: Trigger, pane: Pane, { windowEndMs }: Row, timeMs: number): Pane {
  const lastMs = windowEndMs - 1;
  if (timeMs === lastMs) return { ...pane, awaitsEnd: false, nextFireMs: null };
  return { ...pane, nextFireMs: nextFire(trigger, timeMs, lastMs) };
}

/** After the window was given out. */
export function fired(pane: Pane, row: Row): Pane {
  return { ...pane, firedSum: sumOf(row), firedCount: countOf(row) };
}

export function sumOf({ values }: Row): number {
  return Number(values["sum"]);
}

export function countOf({ values }: Row): number {
  return Number(values["count"]);
}

function nextFire(trigger: Trigger, fromMs: number, lastMs: number): number | null {
  return trigger.type === "continuous-event-time" ? Math.min(fromMs + trigger.intervalMs, lastMs) : null;
}
