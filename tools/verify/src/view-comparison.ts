import { showValue } from "./column.js";
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
 * database: the table itself is compared with the log. Integers are compared exactly, and so is the least or greatest. So are
 * sums of doubles, where a window lies in one partition; where it lies in several, as closely as their order leaves it open.
 */
export async function compareView(
  { rollup, sql, total, keys, values: columns }: RollupTable,
  { snapshot, topic, findings }: ViewContext,
): Promise<ViewSummary> {
  const view = total.name;
  const kind = (what: What, column: string | null) => ({ link: "log-tables", what, table: view, column }) as const;
  const combines = Object.values(rollup.aggregates).flatMap((aggregate) => {
    const isDouble = "of" in aggregate && aggregate.of === "double";
    if (aggregate.kind === "mean")
      return [
        { combine: "sum", isDouble },
        { combine: "sum", isDouble: false },
      ];
    const combine = aggregate.kind === "min" || aggregate.kind === "max" ? aggregate.kind : "sum";
    return [{ combine, isDouble }];
  });
  const figures = columns.map(({ name }, at) => ({
    quoted: quote(name),
    ...(combines[at] ?? { combine: "sum", isDouble: false }),
  }));
  const isRough = ({ combine, isDouble }: (typeof figures)[number]) => combine === "sum" && isDouble;
  const values = columns.map(({ name }) => name);
  const places = ["window_start", ...keys].map(quote);

  const own = figures.map((figure) => {
    const { quoted, combine, isDouble } = figure;
    // Each of n - 1 roundings errs by at most half a unit in the last place, on either side.
    const bound = isRough(figure)
      ? `, (count(*) - 1) * 2.3e-16 * sum(abs(r.${quoted})) AS ${quote(`${quoted} bound`)}`
      : "";
    return `${combine}(r.${quoted})${isDouble ? "" : "::int8"} AS ${quoted}${bound}`;
  });
  const differs = figures.map((figure) => {
    const { quoted } = figure;
    return isRough(figure)
      ? `(abs(v.${quoted} - e.${quoted}) <= e.${quote(`${quoted} bound`)}) IS NOT TRUE`
      : `v.${quoted} IS DISTINCT FROM e.${quoted}`;
  });
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
