import { sql, type SQL } from "drizzle-orm";

/** The name of all that have no row or series of their own; rollups with a limit of keys have such a row too. */
export const OTHER_NAME = "other";

/** How many names a panel shows by themselves: what it sends stays small, however many there are. */
export const MOST = {
  /** Lines, and columns of a matrix. */
  series: 12,
  /** Rows of a table. */
  rows: 30,
  /** Names to choose from. */
  choices: 200,
} as const;

const other = sql.raw(`'${OTHER_NAME}'`);

/** Whether a name is one of the data's own. */
export const isName = (name: SQL): SQL => sql`${name} <> ${other}`;

/** Of a WITH: the names of a part that have most of a figure, among equals the first by name. */
export function mostOf(part: string, name: string, figure: string, most: number): SQL {
  const column = sql.identifier(name);
  return sql`select ${column} as name from ${sql.identifier(part)}
  where ${isName(sql`${column}`)}
  group by 1
  order by sum(${sql.identifier(figure)}) desc, ${column} collate "C"
  limit ${sql.raw(String(most))}`;
}

/** A name where it is in the part of a WITH, or else that of all others. */
export function nameOrOther(name: string, part: string): SQL {
  const column = sql.identifier(name);
  return sql`case when ${column} in (select name from ${sql.identifier(part)}) then ${column} else ${other} end`;
}

/** ORDER BY names: all others last. */
export const byName = (name: SQL): SQL => sql`${name} = ${other}, ${name} collate "C"`;
