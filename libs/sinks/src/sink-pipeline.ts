import type { SinkTables } from "./sink-tables.js";
import type { PipelineData } from "./tables/pipeline-data.js";
import type { DerivedTables } from "./tables/pipeline-tables.js";

/** What a sink writes, and by which definition: a pipeline's definition with its tables, or tables of any other kind. */
export type SinkPipeline =
  | { readonly data: PipelineData; readonly tables: DerivedTables }
  | { readonly data: SinkDefinition; readonly tables: SinkTables };

/** A definition that is not a pipeline's. All of it is stored with the checkpoints, and other tables refuse another one. */
export interface SinkDefinition {
  /** Keys the checkpoints. */
  readonly name: string;
  /** For how long a window takes events after the watermark has passed its end. */
  readonly allowedLatenessMs: number;
}

/** Counts of outcomes have these keys and this measure. */
const OUTCOMES = { keys: ["verdict", "detail"], measure: "records" } as const;

export function isDerived(pipeline: SinkPipeline): pipeline is Extract<SinkPipeline, { readonly data: PipelineData }> {
  return "verdicts" in pipeline.tables;
}

/** The tables that a sink of the pipeline writes. Throws Error where one is missing: a mistake of the program. */
export function sinkTables(pipeline: SinkPipeline): SinkTables {
  if (!isDerived(pipeline)) return pipeline.tables as SinkTables;
  const { data, tables } = pipeline;
  const { id, time } = data;
  return {
    raw: {
      table: tables.raw,
      ...(id === null ? {} : { id }),
      time: time.field,
      timeUnit: time.unit,
      partitionedByDay: data.tables.partitionBy === "day",
      properties: [...Object.keys(data.tables.columns), "topic", "partition", "offset"],
    },
    late: tables.late,
    rejected: tables.rejected,
    rollups: data.rollups.map((definition) => ({
      definition,
      table: found(tables.rollups[definition.name], definition),
    })),
    ...(tables.topicIds && { topicIds: tables.topicIds }),
    tallies: data.tables.verdicts.map((tally, at) => ({
      definition: { ...tally, ...OUTCOMES },
      table: found(tables.verdicts[at], tally),
    })),
  };
}

function found<T>(table: T | undefined, { name }: { readonly name: string }): T {
  if (table === undefined) throw new Error(`The pipeline has no table for ${name}.`);
  return table;
}
