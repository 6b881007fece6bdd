import { getTableColumns } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { checkpoints } from "@tidemark/sinks/tables";
import { valueNamesOf, type OracleRollup } from "@tidemark/scenario/oracle";
import { showValue } from "./column.js";
import type { Findings, What } from "./findings.js";
import { openRowStream, type StoredRow } from "./row-stream.js";
import { nameTable, quote, type Snapshot } from "./snapshot.js";

export interface ViewContext {
  readonly snapshot: Snapshot;
  readonly topic: string;
  readonly findings: Findings;
}

/** What was compared of one view. */
export interface ViewSummary {
  readonly table: string;
  readonly compared: number;
}

/**
 * Compares a rollup's view over all partitions with sums of the rollup's table, which are made in the database: the table
 * itself is compared with the log. Integers are compared exactly. So are doubles, where a window lies in one partition;
 * where it lies in several, as closely as the order of a sum of doubles leaves it open.
 */
export async function compareView(
  rollup: OracleRollup,
  table: PgTable,
  { snapshot, topic, findings, allowedLatenessMs }: ViewContext & { readonly allowedLatenessMs: number },
): Promise<ViewSummary> {
  const { name, keys, window } = rollup;
  const view = `${name}_total`;
  const { schema } = getTableConfig(table);
  const viewName = schema === undefined ? quote(view) : `${quote(schema)}.${quote(view)}`;
  const properties = getTableColumns(table);
  const columnOf = (property: string) => {
    const column = properties[property];
    if (column === undefined) throw new TypeError(`${name} has no column for ${property}.`);
    return { name: column.name, quoted: quote(column.name), isDouble: column.getSQLType() === "double precision" };
  };
  const kind = (what: What, column: string | null) => ({ link: "log-tables", what, table: view, column }) as const;
  const sums = valueNamesOf(rollup).map(columnOf);
  const values = [...sums.map((column) => column.name), "closed"];
  const places = ["window_start", ...keys.map((key) => columnOf(key).name)].map(quote);

  const own = sums.map(({ quoted, isDouble }) => {
    // Each of n - 1 roundings errs by at most half a unit in the last place, on either side.
    const bound = isDouble ? `, (count(*) - 1) * 2.3e-16 * sum(abs(r.${quoted})) AS ${quote(`${quoted} bound`)}` : "";
    return `sum(r.${quoted})${isDouble ? "" : "::int8"} AS ${quoted}${bound}`;
  });
  const differs = [
    ...sums.map(({ quoted, isDouble }) =>
      isDouble
        ? `(abs(v.${quoted} - e.${quoted}) <= e.${quote(`${quoted} bound`)}) IS NOT TRUE`
        : `v.${quoted} IS DISTINCT FROM e.${quoted}`,
    ),
    "v.closed IS DISTINCT FROM e.closed",
  ];
  const { topic: topicColumn, watermark } = getTableColumns(checkpoints);
  const grouped = `SELECT ${places.map((place) => `r.${place}`).join(", ")}, ${own.join(", ")},
      r.window_start + ${window.sizeMs + allowedLatenessMs} * interval '1 ms' <= ALL (
        SELECT coalesce(c.${quote(watermark.name)}, '-infinity') FROM ${nameTable(checkpoints)} c WHERE c.${quote(topicColumn.name)} = $1) AS closed
    FROM ${nameTable(table)} r
    WHERE r.topic = $1 GROUP BY ${places.map((place) => `r.${place}`).join(", ")}`;
  const shown = (side: string) => values.map((value) => `${side}.${quote(value)}::text`).join(", ");

  const stream = openRowStream(
    snapshot,
    `SELECT e.window_start IS NOT NULL, v.window_start IS NOT NULL, ${places.map((place) => `coalesce(e.${place}, v.${place})::text`).join(", ")},
       ${differs.join(", ")}, ${shown("e")}, ${shown("v")}
     FROM (${grouped}) e FULL JOIN (SELECT * FROM ${viewName} WHERE topic = $1) v
       ON ${places.map((place) => `e.${place} = v.${place}`).join(" AND ")}
     WHERE e.window_start IS NULL OR v.window_start IS NULL OR ${differs.join(" OR ")}`,
    [topic],
  );
  for (let row = await stream.load(); row !== undefined; row = await stream.load()) {
    add(row);
    stream.drop();
  }

  function add([isExpected, isFound, ...rest]: StoredRow): void {
    const place = rest.splice(0, places.length);
    const flags = rest.splice(0, values.length);
    const expected = rest.splice(0, values.length);
    const found = rest;
    const where = () => `window ${place.map(showValue).join(", ")}`;
    const show = (side: StoredRow) => values.map((value, at) => `${value} ${showValue(side[at])}`).join(", ");
    if (isExpected !== true || isFound !== true) {
      findings.add(kind(isExpected === true ? "missing-row" : "unexpected-row", null), () => ({
        partition: null,
        where: where(),
        expected: isExpected === true ? show(expected) : "no row",
        found: isFound === true ? show(found) : "no row",
      }));
      return;
    }
    for (const [at, value] of values.entries()) {
      if (flags[at] !== true) continue;
      findings.add(kind("wrong-value", value), () => ({
        partition: null,
        where: where(),
        expected: showValue(expected[at]),
        found: showValue(found[at]),
      }));
    }
  }

  const [count] = await snapshot
    .unsafe(
      `SELECT count(*)::float8 FROM (SELECT DISTINCT ${places.join(", ")} FROM ${nameTable(table)} WHERE topic = $1) d`,
      [topic],
    )
    .values();
  return { table: view, compared: Number(count?.[0]) };
}
