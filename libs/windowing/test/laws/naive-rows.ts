import type { Aggregate, Rollup, TaskDefinition, Window } from "../../src/index.js";
import type { Pane } from "./naive-model.js";
import type { Visit } from "./visit.js";

/** A row as the lib gives it out, made from all events of its window and keys at once. */
export interface NaiveRow {
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly keys: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What tells a row from the others of its rollup. */
export function identify({ windowStartMs, windowEndMs, keys }: Omit<NaiveRow, "values">): string {
  return JSON.stringify([windowStartMs, windowEndMs, Object.entries(keys).toSorted()]);
}

/** All rows of a rollup, those of closed windows too: what a table holds that gets every update. */
export function allRows(rollup: Rollup<Visit>, panes: readonly Pane[]): NaiveRow[] {
  return panes.filter((pane) => pane.rollup === rollup.name).map((pane) => rowOf(rollup, pane));
}

/** What a table holds that gets every checkpoint: every row, or of final output those that the watermark has closed. */
export function writtenRows(
  { output, allowedLatenessMs }: TaskDefinition<Visit>,
  rollup: Rollup<Visit>,
  panes: readonly Pane[],
  watermarkMs: number,
): Map<string, NaiveRow> {
  const isDue = ({ windowEndMs }: NaiveRow) => output !== "final" || windowEndMs + allowedLatenessMs <= watermarkMs;
  const rows = allRows(rollup, panes).filter((row) => isDue(row));
  return new Map(rows.map((row) => [identify(row), row]));
}

/** The rows that an event from position `since` on has changed, by the first such event, then by start. */
export function changedRows(rollup: Rollup<Visit>, panes: readonly Pane[], since: number): NaiveRow[] {
  const firstChange = ({ events }: Pane): number =>
    events.find(({ index }) => index >= since)?.index ?? Number.POSITIVE_INFINITY;
  return panes
    .filter((pane) => pane.rollup === rollup.name && Number.isFinite(firstChange(pane)))
    .sort((left, right) => firstChange(left) - firstChange(right) || left.startMs - right.startMs)
    .map((pane) => rowOf(rollup, pane));
}

/** The rows of the windows that `isClosed`, in the order in which they are given out, once. */
export function finalRows(
  rollup: Rollup<Visit>,
  panes: readonly Pane[],
  isClosed: (window: Window) => boolean,
): NaiveRow[] {
  const inOrder = (left: Pane, right: Pane): number => {
    if (left.endMs !== right.endMs) return left.endMs - right.endMs;
    if (left.startMs !== right.startMs) return left.startMs - right.startMs;
    const key = rollup.keys.find((field) => left.keys[field] !== right.keys[field]) ?? "";
    return (left.keys[key] ?? "") < (right.keys[key] ?? "") ? -1 : 1;
  };
  return panes
    .filter((pane) => pane.rollup === rollup.name && isClosed(pane))
    .sort(inOrder)
    .map((pane) => rowOf(rollup, pane));
}

function rowOf({ aggregates }: Rollup<Visit>, { startMs, endMs, keys, events }: Pane): NaiveRow {
  const values = Object.entries(aggregates).map(([name, aggregate]) => [
    name,
    valueOf(
      aggregate,
      events.map(({ event }) => event),
    ),
  ]);
  return { windowStartMs: startMs, windowEndMs: endMs, keys, values: Object.fromEntries(values) };
}

function valueOf(aggregate: Aggregate<Visit>, events: readonly Visit[]): unknown {
  if (aggregate.kind === "count") return events.length;
  if (aggregate.kind === "custom") {
    return aggregate.result(events.reduce((acc, event) => aggregate.add(acc, event), aggregate.create()));
  }
  const present = events.flatMap((event) => (event[aggregate.field] === null ? [] : [Number(event[aggregate.field])]));
  const sum = present.reduce((total, value) => total + value, 0);
  const count = present.length;
  switch (aggregate.kind) {
    case "count-non-null":
      return count;
    case "sum":
      return sum;
    case "mean":
      return { mean: count === 0 ? null : sum / count, sum, count };
    // + 0, since a snapshot knows no -0.
    case "min":
      return count === 0 ? null : Math.min(...present) + 0;
    case "max":
      return count === 0 ? null : Math.max(...present) + 0;
  }
}
