import { aliasedTable, sql, type Column, type SQL } from "drizzle-orm";
import { pipelineHealth as health, socmed1h, socmed1m } from "@tidemark/sinks/tables";
import { timeFilter } from "./macros.js";
import { renderSql } from "./render.js";
import { isLong, minutesOrHours } from "./resolution.js";

export type VariableName = "topic" | "city" | "platform";

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

const windows = aliasedTable(socmed1m, "windows");

const choices = (column: Column): string =>
  renderSql(sql`select ${column} as "name"
from (
  ${minutesOrHours(socmed1m, socmed1h, isLong)}
) as ${sql.identifier("windows")}
where ${isTopic(windows.topic)} and ${timeFilter(windows.window_start)}
group by ${column}
order by ${column} collate "C"`);

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
export function isChosen(column: Column, name: "city" | "platform"): SQL {
  const names = sql.raw(`array[$${name}]::text[]`);
  return sql`(${names} = array[${sql.raw(allValue)}]::text[] or ${column} = any(${names}))`;
}

export const topicVariable: Variable = {
  name: "topic",
  title: "Topic",
  description: "The Kafka topic whose events are looked at.",
  multi: false,
  sql: renderSql(
    sql`select ${health.topic} as "name" from ${health} group by ${health.topic} order by ${health.topic} collate "C"`,
  ),
};

export const cityVariable: Variable = {
  name: "city",
  title: "City",
  description: "Cities that had events within the time range.",
  multi: true,
  sql: choices(windows.Kota),
};

export const platformVariable: Variable = {
  name: "platform",
  title: "Platform",
  description: "Platforms that had events within the time range.",
  multi: true,
  sql: choices(windows.Sosial_Media),
};
