import type { TestServer } from "../postgres-server.js";

/** Settings that a role or a database may have, each with a value that few expect. */
const unusualSettings: Readonly<Record<string, string>> = {
  DateStyle: "German, DMY",
  IntervalStyle: "sql_standard",
  TimeZone: "Asia/Kathmandu",
  extra_float_digits: "-15",
  bytea_output: "escape",
  standard_conforming_strings: "off",
  array_nulls: "off",
  transform_null_equals: "on",
  quote_all_identifiers: "on",
  default_transaction_isolation: "serializable",
  default_transaction_read_only: "on",
  default_transaction_deferrable: "on",
  statement_timeout: "500ms",
  lock_timeout: "1ms",
  idle_in_transaction_session_timeout: "1s",
  transaction_timeout: "1s",
  xmlbinary: "hex",
  backslash_quote: "off",
  plan_cache_mode: "force_generic_plan",
  enable_hashagg: "off",
  enable_indexscan: "off",
  synchronous_commit: "off",
  check_function_bodies: "off",
  row_security: "off",
  client_min_messages: "debug1",
};

/** Gives the database all of them. */
export async function setUnusual(server: TestServer, databaseUrl: string): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  for (const [setting, value] of Object.entries(unusualSettings)) {
    // The database becomes read-only on the way.
    await server.query(databaseUrl, `BEGIN READ WRITE; ALTER DATABASE ${name} SET ${setting} = '${value}'; COMMIT`);
  }
}
