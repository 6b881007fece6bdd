import type { WatermarksDefinition } from "../../src/index.js";

// What sources make of a watermark, answered from their whole history each time it is asked for.

export type WatermarkInput =
  | { readonly kind: "add" | "active"; readonly source: string; readonly nowMs?: number }
  | { readonly kind: "observe"; readonly source: string; readonly eventTimeMs: number; readonly nowMs?: number }
  | { readonly kind: "advance"; readonly source: string; readonly watermarkMs: number; readonly nowMs?: number }
  | { readonly kind: "remove"; readonly source: string }
  | { readonly kind: "idle"; readonly source: string }
  | { readonly kind: "tick"; readonly nowMs: number; readonly fullyRead: readonly string[] };

export interface NaiveSource {
  readonly source: string;
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  readonly isIdle: boolean;
}

/** The sources that there are at the end of a history: what is heard of an unknown one adds it. */
export function sourcesAfter(rules: WatermarksDefinition, history: readonly WatermarkInput[]): NaiveSource[] {
  const names = new Set(history.flatMap((input) => ("source" in input ? [input.source] : [])));
  return [...names].flatMap((source) => {
    const removed = history.findLastIndex((input) => input.kind === "remove" && input.source === source);
    const since = history.slice(removed + 1);
    const added = since.findIndex((input) => "source" in input && input.source === source && input.kind !== "idle");
    if (added < 0) return [];
    const life = since.slice(added).filter((input) => input.kind === "tick" || input.source === source);
    const times = life.map((input) => (input.kind === "observe" ? input.eventTimeMs : -Infinity));
    const given = life.map((input) => (input.kind === "advance" ? input.watermarkMs : -Infinity));
    const maxEventTimeMs = Math.max(...times);
    const own = rules.delayMs === "given" ? -Infinity : maxEventTimeMs - rules.delayMs;
    const watermarkMs = Math.max(own, rules.initialWatermarkMs ?? -Infinity, ...given);
    return [{ source, watermarkMs, maxEventTimeMs, isIdle: isIdleAfter(rules, source, life) }];
  });
}

/** Quiet for the timeout and fully read, at some tick; or said so. Until something comes, or it is said to be active. */
function isIdleAfter(rules: WatermarksDefinition, source: string, life: readonly WatermarkInput[]): boolean {
  let isIdle = false;
  let heardMs: number | undefined;
  for (const [at, input] of life.entries()) {
    if (input.kind === "tick") {
      if (isIdle || !input.fullyRead.includes(source)) continue;
      // Where nobody said when it was heard of, it is quiet from now on.
      heardMs ??= input.nowMs;
      isIdle = input.nowMs - heardMs >= (rules.idleTimeoutMs ?? Infinity);
    } else if (input.kind === "idle") {
      isIdle = true;
    } else if (input.kind !== "remove" && (input.kind !== "add" || at === 0)) {
      isIdle = false;
      heardMs = input.nowMs ?? heardMs;
    }
  }
  return isIdle;
}

/** What the sources say together, at this moment: the overall watermark is the highest that this has ever been. */
export function minimumAfter(rules: WatermarksDefinition, history: readonly WatermarkInput[]): number {
  const sources = sourcesAfter(rules, history);
  const awake = sources.filter(({ isIdle }) => !isIdle);
  if (awake.length > 0) return Math.min(...awake.map(({ watermarkMs }) => watermarkMs));
  switch (rules.whenAllIdle ?? "hold") {
    case "hold":
      return -Infinity;
    case "highest-watermark":
      return Math.max(...sources.map(({ watermarkMs }) => watermarkMs), -Infinity);
    case "highest-event-time":
      return Math.max(
        ...sources.flatMap(({ maxEventTimeMs, watermarkMs }) => [maxEventTimeMs, watermarkMs]),
        -Infinity,
      );
  }
}
