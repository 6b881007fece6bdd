import { getTableColumns } from "drizzle-orm";
import { checkpoints } from "@tidemark/sinks/tables";
import { nameTable } from "./snapshot.js";
import { quote, type StoredTable } from "./stored-table.js";
import type { ViewContext } from "./view-comparison.js";

const number = new Intl.NumberFormat("en-US");

/** Rows that the pipeline cannot have written by way of a checkpoint: their topic has none of it at all. */
export async function findUnclaimedTopics(
  { snapshot, pipeline, findings }: ViewContext,
  tables: readonly StoredTable[],
): Promise<void> {
  const columns = getTableColumns(checkpoints);
  for (const { name, sql } of tables) {
    const rows = await snapshot
      .unsafe(
        `SELECT topic, count(*)::float8 FROM ${sql} WHERE topic NOT IN (
           SELECT ${quote(columns.topic.name)} FROM ${nameTable(checkpoints)} WHERE ${quote(columns.pipeline.name)} = $1
         ) GROUP BY topic ORDER BY topic`,
        [pipeline],
      )
      .values();
    for (const [topic, count] of rows) {
      const many = Number(count);
      findings.add({ link: "log-tables", what: "unexpected-rows", table: name, column: null }, () => ({
        partition: null,
        where: `topic ${String(topic)}, which has no checkpoint`,
        expected: "no rows",
        found: `${number.format(many)} row${many === 1 ? "" : "s"}`,
      }));
    }
  }
}
