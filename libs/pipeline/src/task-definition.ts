import type { AggregateData, PipelineData } from "@tidemark/sinks/tables";
import type { Aggregate, Rollup, TaskDefinition } from "@tidemark/windowing";
import { textPropertyOf, timePropertyOf, type EventRow } from "./row-maker.js";

/** The computation of `@tidemark/windowing` over a pipeline's rows. */
export function taskDefinition(data: PipelineData): TaskDefinition<EventRow> {
  const { id, watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs } = data;
  const rollups = data.rollups.map(({ name, window, keys, aggregates }) => ({
    name,
    window,
    keys: keys.map((key) => textPropertyOf(data, key)),
    aggregates: Object.fromEntries(
      Object.entries(aggregates).map(([column, aggregate]) => [column, toAggregate(data, aggregate)]),
    ),
  }));
  return {
    ...(id === null ? {} : { id: textPropertyOf(data, id) }),
    time: timePropertyOf(data),
    watermarkDelayMs,
    allowedLatenessMs,
    maxFutureSkewMs,
    rollups: rollups as unknown as readonly [Rollup<EventRow>, ...Rollup<EventRow>[]],
  };
}

/** Exact sums of integers take no nulls: a field that may be null is added up as doubles are, which are exact up to 2^53. */
function toAggregate(data: PipelineData, aggregate: AggregateData): Aggregate<EventRow> {
  if (aggregate.kind !== "sum" && aggregate.kind !== "mean") return aggregate;
  const field = data.fields.find(({ name }) => name === aggregate.field);
  const mayBeNull = field === undefined || field.nullable || field.optional;
  return mayBeNull ? { ...aggregate, of: "double" } : aggregate;
}
