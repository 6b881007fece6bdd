import { getTableColumns } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { checkpoints } from "@tidemark/sinks/tables";
import type { Details, Findings } from "./findings.js";
import { nameTable, quote } from "./snapshot.js";
import type { ViewContext } from "./view-comparison.js";

const number = new Intl.NumberFormat("en-US");

function addRows(findings: Findings, table: PgTable, rows: number, place: Pick<Details, "partition" | "where">): void {
  const { name } = getTableConfig(table);
  findings.add({ link: "log-tables", what: "unexpected-rows", table: name, column: null }, () => ({
    ...place,
    expected: "no rows",
    found: `${number.format(rows)} row${rows === 1 ? "" : "s"}`,
  }));
}

/** Rows that nobody can have written by way of a checkpoint: their topic has none at all. */
export async function findUnclaimedTopics(
  { snapshot, findings }: ViewContext,
  tables: readonly PgTable[],
): Promise<void> {
  const topic = quote(getTableColumns(checkpoints).topic.name);
  for (const table of tables) {
    const rows = await snapshot
      .unsafe(
        `SELECT topic, count(*)::float8 FROM ${nameTable(table)}
         WHERE topic NOT IN (SELECT ${topic} FROM ${nameTable(checkpoints)}) GROUP BY topic ORDER BY topic`,
      )
      .values();
    for (const [name, count] of rows) {
      const where = `topic ${String(name)}, which has no checkpoint`;
      addRows(findings, table, Number(count), { partition: null, where });
    }
  }
}

/** Rows of the topic in a rollup's table that the definition says nothing of. */
export async function findUnnamedRollup(
  { snapshot, topic, findings }: ViewContext,
  table: PgTable,
  hash: string,
): Promise<void> {
  const rows = await snapshot
    .unsafe(`SELECT count(*)::float8 FROM ${nameTable(table)} WHERE topic = $1`, [topic])
    .values();
  const count = Number(rows[0]?.[0]);
  const where = `a rollup that the definition ${hash} does not name`;
  if (count > 0) addRows(findings, table, count, { partition: null, where });
}
