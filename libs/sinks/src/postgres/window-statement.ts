import type { Checkpoint, RollupRow, TallyRow } from "../checkpoint.js";
import type { Upsert } from "./upsert.js";

/** A query as `pg` takes it. */
export interface WindowQuery {
  readonly name: string;
  readonly text: string;
  readonly values: (string | Buffer)[];
}

/** Writes all rollups and tallies of a checkpoint at once: one round trip, parsed once for each connection. */
export interface WindowStatement {
  readonly text: string;
  /**
   * Undefined where there is nothing to write. Throws Error where the checkpoint holds rows of a rollup or tally that isn't
   * among those of the statement: a mistake of the program.
   */
  encode(topic: string, partition: number, checkpoint: Checkpoint): WindowQuery | undefined;
}

export function createWindowStatement(
  rollups: readonly Upsert<RollupRow>[],
  tallies: readonly Upsert<TallyRow>[],
): WindowStatement {
  let first = 3;
  const parts = [...rollups, ...tallies].map((upsert, at) => {
    const sql = upsert.toSql(first);
    first += upsert.arrays;
    return `u${at} AS (${sql})`;
  });
  const text = `WITH ${parts.join(", ")} SELECT`;

  return {
    text,
    encode(topic, partition, { changed, added = [] }) {
      const rowsOf = group(rollups, changed, ({ rollup }) => rollup);
      const countsOf = group(tallies, added, ({ tally }) => tally);
      if (rowsOf.size + countsOf.size === 0) return undefined;
      const arrays = [
        ...rollups.flatMap((upsert) => upsert.toArrays(rowsOf.get(upsert.name) ?? [])),
        ...tallies.flatMap((upsert) => upsert.toArrays(countsOf.get(upsert.name) ?? [])),
      ];
      return { name: "tidemark-windows", text, values: [topic, String(partition), ...arrays] };
    },
  };
}

/** Rows by the name of where they go; names without rows are left out. */
function group<Row, Part extends { readonly rows: readonly Row[] }>(
  known: readonly Upsert<Row>[],
  parts: readonly Part[],
  nameOf: (part: Part) => string,
): ReadonlyMap<string, readonly Row[]> {
  const grouped = new Map<string, readonly Row[]>();
  for (const part of parts) {
    const name = nameOf(part);
    if (!known.some((upsert) => upsert.name === name)) {
      throw new Error(`The checkpoint holds rows of ${name}, which this sink doesn't write.`);
    }
    if (part.rows.length > 0) grouped.set(name, [...(grouped.get(name) ?? []), ...part.rows]);
  }
  return grouped;
}
