import { checkpoints } from "@tidemark/sinks/tables";
import { getTableColumns, type Table } from "drizzle-orm";
import { expect, it } from "vitest";
import { tableNames } from "../../src/bin/tables.js";
import { socmed } from "../../src/pipeline.js";
import { createWorkplace, output, readTable } from "./program.js";

const workplace = createWorkplace();

/** What no answer can know, or what words a pipeline has for it. */
const left = {
  everywhere: ["topic"],
  socmed_rejected: ["expected", "received"],
  checkpoints: [
    "pipeline",
    "group_name",
    "cluster_id",
    "definition_hash",
    "epoch",
    "owner",
    "last_record",
    "refused",
    "updated_at",
  ],
} as const;

const { raw, late, rejected, rollups } = socmed.tables;
const tables: Readonly<Record<string, Table>> = {
  socmed_user_sales: raw,
  socmed_late: late,
  socmed_rejected: rejected,
  ...rollups,
  checkpoints,
};

/** The names of a table's columns, in its order. */
function columnsOf(name: string): string[] {
  const table = tables[name];
  if (table === undefined) throw new Error(`The flagship has no table ${name}.`);
  return Object.values(getTableColumns(table)).map((column) => column.name);
}

it("each table has the real one's columns, in their order, but those that no answer can know", async () => {
  await output("--scenario=dirty", "--events=3000", "--out=/dev/null", "--answers", workplace);
  for (const table of tableNames) {
    const without = new Set<string>([...left.everywhere, ...(table in left ? left[table as "checkpoints"] : [])]);
    const expected = columnsOf(table).filter((column) => !without.has(column));
    expect(expected.length).toBeGreaterThan(5);
    for (const row of readTable(workplace, table)) expect([table, Object.keys(row)]).toEqual([table, expected]);
  }
});
