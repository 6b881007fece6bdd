import type { Difference } from "../../src/findings.js";
import type { ModelRow } from "./model.js";

const checkpoints = "tidemark.checkpoints";

/** All that the verifier has to say of tables that hold `found` where they have to hold `sound`. In no order. */
export function differencesOf(sound: readonly ModelRow[], found: readonly ModelRow[]): Difference[] {
  const claimed = new Set(found.map(({ partition }) => partition));
  const foundAt = new Map<string, ModelRow[]>();
  for (const row of found) foundAt.set(placeOf(row), [...(foundAt.get(placeOf(row)) ?? []), row]);
  const soundAt = new Map(sound.map((row) => [placeOf(row), row]));
  return [
    ...[...soundAt].flatMap(([place, row]) => {
      if (claimed.has(row.partition)) return compareRows(row, foundAt.get(place) ?? []);
      // Of a partition that nobody has claimed, that alone is said.
      return row.table === checkpoints ? [noCheckpoint(row)] : [];
    }),
    ...found.filter((row) => !soundAt.has(placeOf(row))).map((row) => surplus("unexpected-row", row)),
  ];
}

const placeOf = ({ table, partition, where }: ModelRow) => [table, partition, where].join(" ");
const showRow = ({ values }: ModelRow) =>
  Object.entries(values)
    .map(([column, value]) => `${column} ${value}`)
    .join(", ");

function difference(
  { table, partition, where }: ModelRow,
  what: Difference["what"],
  column: string | null,
  expected: string,
  found: string,
): Difference {
  return { link: "log-tables", what, table, partition, where, column, expected, found };
}

function compareRows(row: ModelRow, [first, ...more]: readonly ModelRow[]): Difference[] {
  if (first === undefined) return [difference(row, "missing-row", null, showRow(row), "no row")];
  const wrong = Object.entries(row.values).flatMap(([column, value]) => {
    const other = first.values[column] ?? "";
    return other === value ? [] : [difference(row, "wrong-value", column, value, other)];
  });
  return [...wrong, ...more.map((again) => surplus("repeated-row", again))];
}

function surplus(what: "unexpected-row" | "repeated-row", row: ModelRow): Difference {
  return difference(row, what, null, what === "repeated-row" ? "one row" : "no row", showRow(row));
}

function noCheckpoint(row: ModelRow): Difference {
  const end = Number(row.where.replace("checkpoint at ", ""));
  const place = { ...row, where: `offsets 0 to ${end - 1}` };
  return difference(place, "no-checkpoint", null, `a checkpoint at ${end}`, "none");
}
