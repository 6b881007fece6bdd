import {
  isLong,
  isTopic,
  minutesOrHours,
  MOST,
  renderSql,
  timeFilter,
  type Variable,
  type View,
} from "@tidemark/panels";
import { sql, type Column } from "drizzle-orm";
import { socmed1h, socmed1m } from "../tables.js";
import { windows } from "./windows.js";

/** What a viewer of the flagship's dashboards looks at: those of all cities and platforms, or of some. */
export interface SocmedView extends View {
  readonly variables: {
    readonly topic?: string;
    readonly city?: readonly string[] | "all";
    readonly platform?: readonly string[] | "all";
  };
}

const choices = (column: Column): string =>
  renderSql(sql`select "name" from (
  select ${column} as "name"
  from (
    ${minutesOrHours(socmed1m, socmed1h, isLong)}
  ) as ${sql.identifier("windows")}
  where ${isTopic(windows.topic)} and ${timeFilter(windows.window_start)}
  group by ${column}
  order by sum(${windows.events}) desc, ${column} collate "C"
  limit ${sql.raw(String(MOST.choices))}
) as names
order by "name" collate "C"`);

export const cityVariable: Variable = {
  name: "city",
  title: "City",
  description: `Cities that had events within the time range: the ${MOST.choices} with most of them.`,
  multi: true,
  sql: choices(windows.Kota),
};

export const platformVariable: Variable = {
  name: "platform",
  title: "Platform",
  description: `Platforms that had events within the time range: the ${MOST.choices} with most of them.`,
  multi: true,
  sql: choices(windows.Sosial_Media),
};
