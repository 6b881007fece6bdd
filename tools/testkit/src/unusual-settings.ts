/** Settings that a role, a database or a pooler's session may have, each with a value that few expect. */
const unusualSettings: Readonly<Record<string, string>> = {
  // Formats of texts.
  DateStyle: "German, DMY",
  IntervalStyle: "sql_standard",
  TimeZone: "Asia/Kathmandu",
  timezone_abbreviations: "India",
  extra_float_digits: "-15",
  bytea_output: "escape",
  xmlbinary: "hex",
  xmloption: "document",
  quote_all_identifiers: "on",
  lc_messages: "C",
  lc_monetary: "C",
  lc_numeric: "C",
  lc_time: "C",
  // What statements mean.
  search_path: "decoy, pg_catalog, public",
  standard_conforming_strings: "off",
  escape_string_warning: "on",
  backslash_quote: "off",
  array_nulls: "off",
  transform_null_equals: "on",
  row_security: "off",
  session_replication_role: "replica",
  check_function_bodies: "off",
  default_text_search_config: "simple",
  default_toast_compression: "pglz",
  createrole_self_grant: "set, inherit",
  password_encryption: "md5",
  "plpgsql.variable_conflict": "use_column",
  "plpgsql.extra_errors": "all",
  event_triggers: "off",
  restrict_nonsystem_relation_kind: "view, foreign-table",
  // Transactions and their limits.
  default_transaction_isolation: "serializable",
  default_transaction_read_only: "on",
  default_transaction_deferrable: "on",
  statement_timeout: "2s",
  lock_timeout: "1ms",
  idle_in_transaction_session_timeout: "2s",
  idle_session_timeout: "2s",
  transaction_timeout: "2s",
  deadlock_timeout: "100ms",
  exit_on_error: "on",
  synchronous_commit: "off",
  commit_delay: "10",
  // Plans, and the order of what nobody has sorted.
  plan_cache_mode: "force_generic_plan",
  debug_parallel_query: "on",
  parallel_setup_cost: "0",
  parallel_tuple_cost: "0",
  enable_hashagg: "off",
  enable_hashjoin: "off",
  enable_indexscan: "off",
  enable_indexonlyscan: "off",
  enable_partition_pruning: "off",
  synchronize_seqscans: "on",
  gin_fuzzy_search_limit: "1",
  gin_pending_list_limit: "64kB",
  constraint_exclusion: "off",
  cursor_tuple_fraction: "0.01",
  work_mem: "64kB",
  // What is told.
  client_min_messages: "debug1",
  track_activities: "off",
  application_name: "somebody",
};

/** Settings that are lists, and no texts. */
const lists = new Set(["search_path", "restrict_nonsystem_relation_kind", "createrole_self_grant"]);

const settings = Object.entries(unusualSettings).map(([name, value]) => {
  const parts = lists.has(name) ? value.split(", ") : [value];
  return [name, parts.map((part) => `'${part}'`).join(", ")] as const;
});

/** A schema that comes first on the search path, with names that statements might mean. */
const decoys = `
  CREATE SCHEMA decoy;
  CREATE FUNCTION decoy.never(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
  CREATE FUNCTION decoy.always(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
  CREATE OPERATOR decoy.= (LEFTARG = text, RIGHTARG = text, FUNCTION = decoy.never);
  CREATE OPERATOR decoy.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = decoy.always);
  CREATE FUNCTION decoy.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$SELECT timestamptz '1999-01-01 00:00:00Z'$$;
  CREATE FUNCTION decoy.to_timestamp(float8) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT decoy.now()';
  CREATE FUNCTION decoy.pg_backend_pid() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1';
  CREATE FUNCTION decoy.pg_is_in_recovery() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
  CREATE TABLE decoy.pg_class (nothing integer);
  CREATE TABLE decoy.pg_settings (nothing integer);
  CREATE TABLE decoy.pg_stat_activity (nothing integer)`;

/** Runs SQL on a database, as a superuser. */
export type RunSql = (text: string) => Promise<unknown>;

/**
 * Makes decoys in the database, also of these tables, and gives the target all of the settings: `DATABASE name`, `ROLE name`, or
 * nobody.
 */
export async function setUnusual(run: RunSql, target: string | undefined, tables: readonly string[]): Promise<void> {
  const copies = tables.map((name) => `CREATE TABLE decoy."${name}" (nothing integer)`);
  const each = Object.entries(unusualSettings).map(
    ([name, value]) => `PERFORM set_config('${name}', '${value}', false);`,
  );
  const makeUnusual = `CREATE FUNCTION decoy.make_unusual() RETURNS void LANGUAGE plpgsql AS $$BEGIN ${each.join(" ")} END$$`;
  await run([decoys, ...copies, makeUnusual, "GRANT USAGE ON SCHEMA decoy TO PUBLIC"].join(";\n"));
  if (target === undefined) return;
  const statements = settings.map(([name, value]) => `ALTER ${target} SET ${name} = ${value}`);
  // In one transaction: the next session is read-only already.
  await run(["BEGIN READ WRITE", "LOAD 'plpgsql'", ...statements, "COMMIT"].join("; "));
}

/** The same for a session of a database that has the decoys, such as one that a pooler has begun: PgBouncer takes 512 bytes. */
export const unusualSession = "SELECT decoy.make_unusual()";
