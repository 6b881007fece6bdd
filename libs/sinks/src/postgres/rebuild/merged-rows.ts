import type { PgTable } from "drizzle-orm/pg-core";
import type { ClientBase } from "pg";
import { qualifiedName } from "../../identifiers.js";
import { MERGED_PARTITION } from "../../tables/merged-partition.js";
import { columnsOf } from "../upsert.js";

/** Whether a row of these tables of rollups holds a closed window of several partitions, which nothing takes apart. */
export async function hasMergedRows(client: ClientBase, tables: readonly PgTable[], topic: string): Promise<boolean> {
  if (tables.length === 0) return false;
  const found = tables.map((table) => {
    const named = columnsOf(table, "A rollup");
    return `EXISTS (SELECT FROM ${qualifiedName(table)}
      WHERE ${named("topic").name} = $1 AND ${named("partition").name} = ${MERGED_PARTITION})`;
  });
  return (await client.query(`SELECT WHERE ${found.join(" OR ")}`, [topic])).rowCount === 1;
}
