import type { Details, Findings, What } from "../findings.js";
import type { AnswerRow } from "./answer.js";
import type { Exactness, PanelQuery } from "./queries.js";

type Value = string | number | null | undefined;
type Pair = readonly [AnswerRow | undefined, AnswerRow | undefined];

/** Doubles are compared so closely: relative to the larger one, for figures below 1 absolutely. */
const tolerance = 1e-12;

/**
 * Compares the rows that a query gave in one view with those that it has to give, and the order in which they come. Where there
 * are more or fewer, rows are told apart by their texts and times.
 */
export function compareRows(
  { name, columns }: Pick<PanelQuery, "name" | "columns">,
  view: string,
  expected: readonly AnswerRow[],
  found: readonly AnswerRow[],
  findings: Findings,
): void {
  const add = (what: What, column: string | null, details: () => Omit<Details, "partition">) =>
    findings.add({ link: "tables-panels", what, table: name, column }, () => ({ partition: null, ...details() }));
  const pairs = expected.length === found.length ? pairByPlace(expected, found) : pairByKey(expected, found);
  for (const [at, [wanted, given]] of pairs.entries()) {
    const where = () => `${view}, row ${at + 1}`;
    if (wanted === undefined || given === undefined) {
      const what = given === undefined ? "missing-row" : "unexpected-row";
      add(what, null, () => ({ where: where(), expected: showRow(wanted), found: showRow(given) }));
      continue;
    }
    for (const column of new Set([...Object.keys(columns), ...Object.keys(wanted), ...Object.keys(given)])) {
      const exactness = columns[column] ?? "exact";
      if (isAlike(exactness, wanted[column], given[column])) continue;
      add("wrong-value", column, () => ({
        where: `${where()}${describeKey(wanted)}`,
        expected: exactness === "positive" ? "a positive number" : show(column, wanted[column]),
        found: show(column, given[column]),
      }));
    }
  }
}

export function isAlike(exactness: Exactness, wanted: Value, given: Value): boolean {
  if (exactness === "positive") return typeof given === "number" && given > 0;
  if (exactness === "double" && typeof wanted === "number" && typeof given === "number") {
    return Math.abs(wanted - given) <= tolerance * Math.max(1, Math.abs(wanted), Math.abs(given));
  }
  // A sum that is 0 may have a sign.
  return wanted === given;
}

function pairByPlace(expected: readonly AnswerRow[], found: readonly AnswerRow[]): Pair[] {
  return expected.map((row, at) => [row, found[at]]);
}

/** In the order of what is expected; then those that nobody expects. */
function pairByKey(expected: readonly AnswerRow[], found: readonly AnswerRow[]): Pair[] {
  const left = new Map<string, AnswerRow[]>();
  for (const row of found) left.set(keyOf(row), [...(left.get(keyOf(row)) ?? []), row]);
  const pairs = expected.map((row): Pair => [row, left.get(keyOf(row))?.shift()]);
  return [...pairs, ...[...left.values()].flat().map((row): Pair => [undefined, row])];
}

const isKey = ([column, value]: readonly [string, Value]) => typeof value === "string" || isTime(column);
const isTime = (column: string) => column === "time" || column === "timeend";

const keysOf = (row: AnswerRow) => Object.entries(row).filter(isKey);
const keyOf = (row: AnswerRow) => JSON.stringify(keysOf(row).map(([, value]) => value));

function describeKey(row: AnswerRow): string {
  const keys = keysOf(row).map(([column, value]) => show(column, value));
  return keys.length === 0 ? "" : ` (${keys.join(", ")})`;
}

function showRow(row: AnswerRow | undefined): string {
  if (row === undefined) return "no row";
  return Object.entries(row)
    .map(([column, value]) => `${column} ${show(column, value)}`)
    .join(", ");
}

const timeColumns = new Set(["time", "timeend", "watermark", "newest", "committed"]);

function show(column: string, value: Value): string {
  if (value === undefined) return "no such column";
  if (value === null) return "NULL";
  return typeof value === "number" && timeColumns.has(column) ? new Date(value).toISOString() : String(value);
}
