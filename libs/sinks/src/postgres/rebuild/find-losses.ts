import type { ClientBase } from "pg";

/** What of a partition has been read. */
export interface StoredRow {
  readonly partition: number;
  readonly start_offset: number;
  readonly next_offset: number;
}

/** A table of records, in SQL: `isOfPlace` takes the topic as $1 and partitions as $2. */
export interface CountedTable {
  readonly name: string;
  readonly sql: string;
  readonly isOfPlace: string;
  readonly offset: string;
}

export interface LossOptions {
  readonly topic: string;
  readonly log: readonly { readonly partition: number; readonly start: number; readonly end: number }[];
  readonly tables: readonly CountedTable[];
}

const number = new Intl.NumberFormat("en-US");

/** Partitions whose log ends before what was read of it. */
export function findOtherLogs(
  stored: readonly StoredRow[],
  { topic, log }: Pick<LossOptions, "topic" | "log">,
): string[] {
  return stored.flatMap(({ partition, next_offset: next }) => {
    const range = log.find((one) => one.partition === partition);
    if (range === undefined || range.end >= next) return [];
    return [`The log of ${topic}[${partition}] ends at ${range.end}, and was read up to ${next}: it is another log.`];
  });
}

/** Partitions whose log no longer holds the records from the first one read on, and what cannot be made again of each. */
export async function findLosses(
  client: ClientBase,
  stored: readonly StoredRow[],
  { topic, log, tables }: LossOptions,
): Promise<string[]> {
  const problems: string[] = [];
  for (const { partition, start_offset: begun } of stored) {
    const range = log.find((one) => one.partition === partition);
    if (range === undefined || range.start <= begun) continue;
    const place = `${topic}[${partition}]`;
    const counts: string[] = [];
    for (const { name, sql, isOfPlace, offset } of tables) {
      const { rows } = await client.query<{ lost: number }>(
        `SELECT count(*) AS lost FROM ${sql} WHERE ${isOfPlace} AND ${offset} < $3`,
        [topic, [partition], range.start],
      );
      counts.push(`${number.format(rows[0]?.lost ?? 0)} of ${name}`);
    }
    problems.push(
      `The log of ${place} begins at offset ${range.start}, and its tables at ${begun}: rows of the offsets between would be lost (${counts.join(", ")}), and what they count in windows and outcomes.`,
    );
  }
  return problems;
}
