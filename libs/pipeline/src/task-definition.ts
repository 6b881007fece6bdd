import type { AggregateData, PipelineData } from "@tidemark/sinks/tables";
import type { Aggregate, Rollup, TaskDefinition } from "@tidemark/windowing";
import { textPropertyOf, timePropertyOf, type EventRow } from "./row-maker.js";

/** The computation of `@tidemark/windowing` over a pipeline's rows. */
export function taskDefinition(data: PipelineData, maxLiveIds?: number): TaskDefinition<EventRow> {
  const { id, watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs } = data;
  const rollups = data.rollups.map(({ name, window, keys, aggregates, keyLimit }) => ({
    name,
    window,
    keys: keys.map((key) => textPropertyOf(data, key)),
    aggregates: Object.fromEntries(
      Object.entries(aggregates).flatMap(([column, aggregate]) => toColumns(data, column, aggregate)),
    ),
    ...(keyLimit && { keyLimit }),
  }));
  return {
    ...(id === null ? {} : { id: textPropertyOf(data, id) }),
    time: timePropertyOf(data),
    watermarkDelayMs,
    allowedLatenessMs,
    maxFutureSkewMs,
    ...(maxLiveIds !== undefined && { maxLiveIds }),
    rollups: rollups as unknown as readonly [Rollup<EventRow>, ...Rollup<EventRow>[]],
  };
}

/**
 * The aggregate of each column. A mean is computed as its sum and count, so that a row's values are numbers as the table
 * holds them.
 */
function toColumns(data: PipelineData, column: string, aggregate: AggregateData): [string, Aggregate<EventRow>][] {
  if (aggregate.kind !== "sum" && aggregate.kind !== "mean") return [[column, aggregate]];
  const { field } = aggregate;
  const sum: Aggregate<EventRow> = { kind: "sum", field, of: mayBeNull(data, field) ? "double" : aggregate.of };
  if (aggregate.kind === "sum") return [[column, sum]];
  return [
    [`${column}_sum`, sum],
    [`${column}_count`, { kind: "count-non-null", field }],
  ];
}

/** Exact sums of integers take no nulls: a field that may be null is added up as doubles are, which are exact up to 2^53. */
function mayBeNull(data: PipelineData, name: string): boolean {
  const field = data.fields.find((one) => one.name === name);
  return field === undefined || field.nullable || field.optional;
}
