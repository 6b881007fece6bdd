import type { SinkPipeline } from "../../sink-pipeline.js";
import { deriveTables } from "../../tables/derive-tables.js";
import type { PipelineData } from "../../tables/pipeline-data.js";
import type { DerivedTables } from "../../tables/pipeline-tables.js";

/** A pipeline whose tables Tidemark makes. */
export type DerivedPipeline = Extract<SinkPipeline, { readonly data: PipelineData }>;

/** No name of a user's pipeline has a dot. */
const SUFFIX = ".next";

/**
 * The pipeline that fills the tables of another definition beside those that are there: the same tables under the same names, in
 * a schema of their own, with checkpoints under a name of their own.
 */
export function nextPipeline({ data }: { readonly data: PipelineData }): {
  readonly data: PipelineData;
  readonly tables: DerivedTables;
} {
  const next = {
    ...data,
    name: `${data.name}${SUFFIX}`,
    tables: { ...data.tables, schema: `tidemark_next_${data.name}` },
  };
  return { data: next, tables: deriveTables(next) };
}

/** The schema that holds the former tables from the switch until they are dropped. */
export function formerSchema({ name }: Pick<PipelineData, "name">): string {
  return `tidemark_former_${name}`;
}
