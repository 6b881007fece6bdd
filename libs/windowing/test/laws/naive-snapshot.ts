import type { Aggregate, Rollup, SavedRow, SavedTime, Snapshot, TaskDefinition } from "../../src/index.js";
import { type Input, judgeNaively, maxEventTimeAfter, type Pane, readStream, watermarkAfter } from "./naive-model.js";
import { allRows, type NaiveRow } from "./naive-rows.js";
import type { Visit } from "./visit.js";

/**
 * A snapshot put together from all rows that were ever written and all ids that were ever counted, right after a checkpoint:
 * as somebody does who keeps them in tables, and does not ask which of them are closed.
 */
export function snapshotNaively(definition: TaskDefinition<Visit>, inputs: readonly Input[]): Snapshot {
  const { initialWatermarkMs = -Infinity, rollups, output } = definition;
  const readings = readStream(definition, inputs);
  const { ledger, panes } = judgeNaively(definition, readings);
  const watermarkMs = watermarkAfter(definition, inputs);
  const given = inputs.map((input) => ("advanceMs" in input ? input.advanceMs : -Infinity));
  const isSession = rollups[0].window.kind === "session";
  // An event that was counted between windows left its id in none.
  const counted = readings.filter((_, at) => panes.some(({ events }) => events.some(({ index }) => index === at)));

  return {
    version: 2,
    watermarkMs: toSaved(watermarkMs),
    maxEventTimeMs: toSaved(maxEventTimeAfter(definition, inputs)),
    givenMs: toSaved(Math.max(initialWatermarkMs, ...given)),
    ledger,
    windows: rollups.map((rollup) => {
      const own = panes.filter((pane) => pane.rollup === rollup.name);
      const rows = allRows(rollup, panes).map((row, at) => saveRow(definition, rollup, row, own[at] as Pane));
      const isDue = ({ windowEndMs = Infinity }: SavedRow) => windowEndMs + definition.allowedLatenessMs > watermarkMs;
      // Finals that are still to come are not in any table: they wait for their window's end.
      return output === "final"
        ? { rollup: rollup.name, rows, changed: rows.flatMap((row, at) => (isDue(row) ? [at] : [])) }
        : { rollup: rollup.name, rows };
    }),
    ids: isSession ? [] : counted.flatMap(({ event }) => idOf(definition, event)),
  };
}

function saveRow(definition: TaskDefinition<Visit>, rollup: Rollup<Visit>, row: NaiveRow, { events }: Pane): SavedRow {
  const aggregates = Object.entries(rollup.aggregates);
  const custom = aggregates.flatMap(([, aggregate]) => {
    if (aggregate.kind !== "custom") return [];
    return [events.reduce((acc, { event }) => aggregate.add(acc, event), aggregate.create())];
  });
  return {
    windowStartMs: row.windowStartMs,
    windowEndMs: row.windowEndMs,
    keys: rollup.keys.map((key) => row.keys[key] ?? ""),
    values: aggregates.flatMap(([name, aggregate]) => numbersOf(aggregate, row.values[name])),
    ...(custom.length > 0 && { custom }),
    ...(rollup.window.kind === "session" && {
      ...(definition.output !== "final" && { given: true }),
      ids: events.flatMap(({ event }) => idOf(definition, event).map(({ id }) => id)),
    }),
  };
}

function numbersOf(aggregate: Aggregate<Visit>, value: unknown): (number | null)[] {
  if (aggregate.kind === "custom") return [];
  if (aggregate.kind !== "mean") return [value as number | null];
  const { sum, count } = value as { sum: number; count: number };
  return [sum, count];
}

function idOf({ id, time }: TaskDefinition<Visit>, event: Visit | null): { id: string; timeMs: number }[] {
  if (id === undefined || event === null) return [];
  return [{ id: String(event[id]), timeMs: Number(event[time.field]) * (time.unit === "s" ? 1000 : 1) }];
}

function toSaved(timeMs: number): SavedTime {
  return timeMs === -Infinity ? null : timeMs;
}
