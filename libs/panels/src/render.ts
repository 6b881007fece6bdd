import { sql, type SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type { Column, Columns } from "./column.js";

const dialect = new PgDialect();

/** The text of a fragment, its values as literals: Grafana's plugin takes no parameters. Each part on a line of its own stays so. */
export function renderSql(fragment: SQL): string {
  return dialect
    .sqlToQuery(fragment.inlineParams())
    .sql.replaceAll(/[ \t]+$/gm, "")
    .trim();
}

/** SELECT of these columns under their names, numbers as float8, so that every driver reads them as numbers. */
export function renderSelect(columns: Columns, from: SQL, before?: SQL): string {
  const list = Object.entries(columns).map(([name, column]) => sql`${cast(column)} as ${sql.identifier(name)}`);
  return renderSql(
    sql`${before === undefined ? sql`` : sql`${before}\n`}select\n  ${sql.join(list, sql.raw(",\n  "))}\n${from}`,
  );
}

function cast({ kind, sql: expression }: Column): SQL {
  return kind === "number" ? sql`(${expression})::float8` : expression;
}
