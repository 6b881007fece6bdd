import { showValue } from "./column.js";
import { combinesOf, type Combine } from "./combine.js";
import type { Findings, What } from "./findings.js";
import { openRowStream, type StoredRow } from "./row-stream.js";
import type { Snapshot } from "./snapshot.js";
import { quote, type RollupTable } from "./stored-table.js";

export interface ViewContext {
  readonly snapshot: Snapshot;
  readonly pipeline: string;
  readonly topic: string;
  readonly findings: Findings;
}

/** What was compared of one view. */
export interface ViewSummary {
  readonly table: string;
  readonly compared: number;
}

/**
 * Compares the figures of a rollup's view over all partitions with those of the rollup's table, which are put together in the
 * database: the table itself is compared with the log. All are compared exactly: sums of doubles are those in the order of partitions.
 */
export async function compareView(
  { rollup, sql, total, keys, values: columns }: RollupTable,
  { snapshot, topic, findings }: ViewContext,
): Promise<ViewSummary> {
  const view = total.name;
  const kind = (what: What, column: string | null) => ({ link: "log-tables", what, table: view, column }) as const;
  const combines = combinesOf(rollup);
  const figures = columns.map(({ name }, at) => ({ quoted: quote(name), combine: combines[at] ?? "integer-sum" }));
  const values = columns.map(({ name }) => name);
  const places = ["window_start", ...keys].map(quote);

  const own = figures.map(({ quoted, combine }) => `${combinedSql(combine, `r.${quoted}`)} AS ${quoted}`);
  const differs = figures.map(({ quoted }) => `v.${quoted} IS DISTINCT FROM e.${quoted}`);
  const grouped = `SELECT ${[...places.map((place) => `r.${place}`), ...own].join(", ")}
    FROM ${sql} r WHERE r.topic = $1 GROUP BY ${places.map((place) => `r.${place}`).join(", ")}`;
  const shown = (side: string) => values.map((value) => `${side}.${quote(value)}::text`).join(", ");

  const stream = openRowStream(
    snapshot,
    `SELECT e.window_start IS NOT NULL, v.window_start IS NOT NULL, ${places.map((place) => `coalesce(e.${place}, v.${place})::text`).join(", ")},
       ${differs.join(", ")}, ${shown("e")}, ${shown("v")}
     FROM (${grouped}) e FULL JOIN (SELECT * FROM ${total.sql} WHERE topic = $1) v
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
    .unsafe(`SELECT count(*)::float8 FROM (SELECT DISTINCT ${places.join(", ")} FROM ${sql} WHERE topic = $1) d`, [
      topic,
    ])
    .values();
  return { table: view, compared: Number(count?.[0]) };
}

function combinedSql(combine: Combine, column: string): string {
  switch (combine) {
    case "integer-sum":
      return `sum(${column})::int8`;
    case "double-sum":
      return `sum(${column} ORDER BY r.partition)`;
    default:
      return `${combine}(${column})`;
  }
}
