import { pipelineHealth as health } from "@tidemark/sinks/tables";
import { sql, type Column, type SQL } from "drizzle-orm";
import { isPipeline } from "./pipeline.js";
import { renderSql } from "./render.js";

/** How SQL names a variable behind its dollar: small letters, digits and underscores. `topic` is one that every dashboard has. */
export type VariableName = string;

/** What a viewer may choose, and the SQL of what there is to choose from: one text column, in order. */
export interface Variable {
  readonly name: VariableName;
  readonly title: string;
  readonly description: string;
  /** Whether several may be chosen, and all of them. */
  readonly multi: boolean;
  /** What names are listed; their SQL may name the time range, and the variable `topic`. */
  readonly sql: string;
}

/**
 * What "all" stands for in the place of a list of names, as raw SQL. Not the list of what is known: a name that comes up while
 * somebody looks belongs to all of them too.
 */
export const allValue = "NULL";

/** Rows of the topic that is looked at. One is always chosen: Grafana puts its name there without quotes, those within it doubled. */
export function isTopic(column: Column): SQL {
  return sql`${column} = ${sql.raw("'$topic'")}`;
}

/**
 * Rows whose column is among the names chosen. Grafana puts quoted names with commas between them in the place of the
 * variable; nothing where none is chosen, which an array takes and IN would not.
 */
export function isChosen(column: Column, name: VariableName): SQL {
  const names = sql.raw(`array[$${name}]::text[]`);
  return sql`(${names} = array[${sql.raw(allValue)}]::text[] or ${column} = any(${names}))`;
}

/** The choice among the topics that a pipeline has a checkpoint of. `pipeline` is its name. */
export function createTopicVariable(pipeline: string): Variable {
  return {
    name: "topic",
    title: "Topic",
    description: "The Kafka topic whose events are looked at.",
    multi: false,
    sql: renderSql(sql`select ${health.topic} as "name"
from ${health}
where ${isPipeline(health.pipeline, pipeline)}
group by ${health.topic}
order by ${health.topic} collate "C"`),
  };
}
