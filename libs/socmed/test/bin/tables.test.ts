import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { tableNames } from "../../src/bin/tables.js";
import { createWorkplace, output, readTable } from "./program.js";

const workplace = createWorkplace();

/** Read as text: the libs may not import each other. */
const migrations = new URL("../../../sinks/migrations/", import.meta.url);
const sql = readdirSync(migrations)
  .filter((name) => name.endsWith(".sql"))
  .map((name) => readFileSync(new URL(name, migrations), "utf8"))
  .join("\n");

/** What no answer can know, or what words a pipeline has for it. */
const left = {
  everywhere: ["topic"],
  socmed_rejected: ["expected", "received"],
  checkpoints: ["group_name", "cluster_id", "definition_hash", "epoch", "updated_at"],
} as const;

/** The columns of a CREATE TABLE, in its order. */
function columnsOf(table: string): string[] {
  const body = new RegExp(`CREATE TABLE (?:tidemark\\.)?${table} \\(\\n(.*?)\\n\\)`, "s").exec(sql)?.[1];
  const like = new RegExp(`CREATE TABLE ${table} \\(LIKE (\\w+) `).exec(sql)?.[1];
  if (like !== undefined) return columnsOf(like);
  if (body === undefined) throw new Error(`No migration creates ${table}.`);
  return [...body.matchAll(/^ {2}"?([a-z_]+)"? (?!KEY|ledger)/gm)].map(([, name = ""]) => name);
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
