import type { ClientBase } from "pg";

/** A table, partition of one, or view that a pipeline has. */
export interface OwnedRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view";
  /** The table that it is a partition of. */
  readonly parent: number | null;
  /** The SQL that made it; null of partitions. */
  readonly ddl: string | null;
}

/** What the pipeline owns by `tidemark.tables`, as far as it is there: tables, their partitions, and views. */
export async function findOwned(client: ClientBase, pipeline: string): Promise<readonly OwnedRelation[]> {
  const { rows } = await client.query<OwnedRelation>(
    `WITH named AS (
       SELECT c.oid, t.schema_name AS schema, t.table_name AS name, t.ddl,
         CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'table' END AS kind
       FROM tidemark.tables t JOIN pg_namespace n ON n.nspname = t.schema_name
       JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.table_name WHERE t.pipeline = $1)
     SELECT oid::int8, schema, name, kind, NULL::int8 AS parent, ddl FROM named
     UNION ALL
     SELECT c.oid::int8, n.nspname, c.relname, 'table', named.oid::int8, NULL
     FROM named JOIN pg_inherits ON inhparent = named.oid JOIN pg_class c ON c.oid = inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace`,
    [pipeline],
  );
  return rows;
}

/** Each gives the sentences on what people have made of these relations, and a switch would take from them. */
const SEARCHES: readonly string[] = [
  `SELECT format('The foreign key %I of %s refers to %s.', conname, conrelid::regclass, confrelid::regclass) AS problem
   FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND (conrelid = ANY ($1::oid[]) OR confrelid = ANY ($1::oid[]))`,
  `SELECT format('The constraint %I is on %s.', conname, conrelid::regclass) FROM pg_constraint
   WHERE contype IN ('c', 'u', 'x') AND coninhcount = 0 AND conrelid = ANY ($1::oid[])`,
  `SELECT format('The trigger %I is on %s.', tgname, tgrelid::regclass) FROM pg_trigger
   WHERE NOT tgisinternal AND tgparentid = 0 AND tgrelid = ANY ($1::oid[])`,
  `SELECT format('The policy %I is on %s.', polname, polrelid::regclass) FROM pg_policy WHERE polrelid = ANY ($1::oid[])`,
  `SELECT format('The rule %I is on %s.', rulename, ev_class::regclass) FROM pg_rewrite
   WHERE rulename <> '_RETURN' AND ev_class = ANY ($1::oid[])`,
  `SELECT DISTINCT format('The %s %s reads %s.', CASE relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, ev_class::regclass, refobjid::regclass)
   FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = ev_class
   WHERE d.classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = ANY ($1::oid[]) AND ev_class <> ALL ($1::oid[])`,
  `SELECT DISTINCT format('The function %s uses %s.', d.objid::regprocedure, coalesce(c.oid, t.typrelid)::regclass)
   FROM pg_depend d LEFT JOIN pg_class c ON refclassid = 'pg_class'::regclass AND c.oid = refobjid
   LEFT JOIN pg_type t ON refclassid = 'pg_type'::regclass AND t.oid = refobjid
   WHERE d.classid = 'pg_proc'::regclass AND coalesce(c.oid, t.typrelid) = ANY ($1::oid[])`,
  `SELECT format('The column %I of %s has the type of rows of %s.', attname, attrelid::regclass, typrelid::regclass)
   FROM pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE typrelid = ANY ($1::oid[]) AND NOT attisdropped AND attnum > 0`,
  `SELECT format('The publication %I has %s.', pubname, prrelid::regclass)
   FROM pg_publication_rel JOIN pg_publication p ON p.oid = prpubid WHERE prrelid = ANY ($1::oid[])`,
  `SELECT format('The statistics object %I is on %s.', stxname, stxrelid::regclass) FROM pg_statistic_ext WHERE stxrelid = ANY ($1::oid[])`,
];

/** The same, of what the SQL that made a relation does not name. */
const ADDITIONS: readonly string[] = [
  `SELECT format('The index %s is on %s.', indexrelid::regclass, indrelid::regclass) AS problem
   FROM unnest($1::oid[], $2::text[]) AS made (oid, ddl) JOIN pg_index ON indrelid = made.oid JOIN pg_class i ON i.oid = indexrelid
   WHERE position(format('INDEX "%s"', i.relname) IN ddl) = 0 AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
  `SELECT format('The column %I of %s is not Tidemark''s.', attname, attrelid::regclass)
   FROM unnest($1::oid[], $2::text[]) AS made (oid, ddl) JOIN pg_class c ON c.oid = made.oid AND c.relkind <> 'v'
   JOIN pg_attribute ON attrelid = made.oid AND attnum > 0 AND NOT attisdropped
   WHERE position(format(E'\\n  "%s" ', attname) IN ddl) = 0`,
];

/** What keeps a pipeline's relations from being exchanged for others: a sentence each, in the order of kinds. */
export async function findObstacles(client: ClientBase, owned: readonly OwnedRelation[]): Promise<readonly string[]> {
  const oids = owned.map(({ oid }) => oid);
  const made = owned.filter(({ ddl }) => ddl !== null);
  const problems: string[] = [];
  for (const text of SEARCHES) problems.push(...(await ask(client, text, [oids])));
  for (const text of ADDITIONS) {
    const values = [made.map(({ oid }) => oid), made.map(({ ddl }) => ddl)];
    problems.push(...(await ask(client, text, values)));
  }
  const advice = "Drop it before, and make it again after the switch.";
  return [...problems.map((problem) => `${problem} ${advice}`), ...(await findMissingLocks(client, owned))];
}

async function ask(client: ClientBase, text: string, values: readonly unknown[]): Promise<string[]> {
  const { rows } = await client.query<string[]>({ text, values: [...values], rowMode: "array" });
  return rows.flatMap(([problem]) => (problem === undefined ? [] : [problem]));
}

/** The switch locks each partition of both tables in one transaction. */
const findMissingLocks = (client: ClientBase, owned: readonly OwnedRelation[]) =>
  findMissingRoom(client, 2 * owned.length + 200, "The switch locks");

/** Rows are copied in one transaction, which locks each partition of both tables, and their indexes. */
export const findMissingCopyLocks = (client: ClientBase, owned: readonly OwnedRelation[]) =>
  findMissingRoom(client, 4 * owned.length + 200, "The copy of rows locks");

async function findMissingRoom(client: ClientBase, needed: number, what: string): Promise<string[]> {
  const { rows } = await client.query<{ each: number; sessions: number }>(
    `SELECT current_setting('max_locks_per_transaction')::int8 AS each, (current_setting('max_connections')::int
       + current_setting('max_prepared_transactions')::int)::int8 AS sessions`,
  );
  const { each = 0, sessions = 1 } = rows[0] ?? {};
  if (needed <= each * sessions) return [];
  return [
    `${what} ${needed} tables in one transaction, and the server has room for ${each * sessions}: raise max_locks_per_transaction from ${each} to ${Math.ceil(needed / sessions)} at least, and restart it.`,
  ];
}
