/** How a transaction reads and writes. */
export interface TransactionMode {
  readonly isolation: "read committed" | "repeatable read";
  /** `default`: read-only where the server or a setting says so. */
  readonly access: "read only" | "read write" | "default";
}

/** Time limits of a transaction in ms; 0: none. */
export interface TransactionLimits {
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
}

export const NO_LIMITS: TransactionLimits = { statementTimeoutMs: 0, lockTimeoutMs: 0, idleInTransactionTimeoutMs: 0 };

/** The mode of transactions that write. A claim counts on seeing what others committed while it waited. */
export const WRITING: TransactionMode = { isolation: "read committed", access: "default" };

/** The same where a role's or a database's setting says that transactions are read-only. */
export const WRITING_ANYWAY: TransactionMode = { ...WRITING, access: "read write" };

/**
 * One row where a write was refused (25006) by a setting of the role, the database or the session. A server that is read-only
 * itself gives none: since a failover it is a standby, or somebody has made it read-only so that nobody writes there.
 */
export const READ_ONLY_BY_SETTING = `SELECT 1 AS found FROM pg_catalog.pg_settings
  WHERE name = 'default_transaction_read_only' AND setting = 'on' AND NOT pg_catalog.pg_is_in_recovery()
  AND source NOT IN ('default', 'environment variable', 'configuration file', 'command line', 'global')`;

/** One snapshot for all that is read. */
export const SNAPSHOT: TransactionMode = { isolation: "repeatable read", access: "read only" };

/**
 * What results, their texts, and the meaning of statements depend on. A role, a database, or the client that a pooler served
 * before may have set any of them otherwise (decision 0020).
 */
export const EXACT_SETTINGS = {
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: "1",
  bytea_output: "hex",
  client_encoding: "UTF8",
  standard_conforming_strings: "on",
  array_nulls: "on",
  transform_null_equals: "off",
  quote_all_identifiers: "off",
  gin_fuzzy_search_limit: "0",
  row_security: "on",
  exit_on_error: "off",
  transaction_timeout: "0",
  restrict_nonsystem_relation_kind: "",
} as const;

/**
 * The same of what is written. `replica` passes over triggers and foreign keys; only a superuser may leave it, and so it is set
 * only where it is otherwise. Others are refused (SinkError `replica-role`).
 */
export const WRITING_SETTINGS = { session_replication_role: "origin" } as const;

/** Built-in functions and types come first, whatever else is on the path; the rest is left for triggers and types of the user. */
const SEARCH_PATH =
  "pg_catalog.rtrim(pg_catalog.concat('pg_catalog, ',pg_catalog.current_setting('search_path')),', ')";

const quoted = (value: string) => `'${value}'`;

/** `ISOLATION LEVEL …`, as it follows BEGIN or SET TRANSACTION. */
export function modeText({ isolation, access }: TransactionMode): string {
  const accessText = access === "default" ? "" : `, ${access.toUpperCase()}`;
  return `ISOLATION LEVEL ${isolation.toUpperCase()}${accessText}, NOT DEFERRABLE`;
}

/**
 * What follows FROM in a statement that sets everything for the transaction that is under way, by `SET_EACH`. The values of limits
 * are SQL: literals or parameters. `more` has values without quotes. It is short, since views of activity show 1 kB of a statement.
 */
export function settingsRows(
  limits: { readonly [Limit in keyof TransactionLimits]: string },
  more: Readonly<Record<string, string>> = {},
): string {
  const values = {
    search_path: SEARCH_PATH,
    ...Object.fromEntries(Object.entries({ ...EXACT_SETTINGS, ...more }).map(([name, value]) => [name, quoted(value)])),
    statement_timeout: limits.statementTimeoutMs,
    lock_timeout: limits.lockTimeoutMs,
    idle_in_transaction_session_timeout: limits.idleInTransactionTimeoutMs,
  };
  const rows = Object.entries(values).map(([name, value]) => `('${name}',${value})`);
  // A server may be too old for some of them: those are null.
  return `(VALUES ${rows.join(",")}) s(n,v) WHERE pg_catalog.current_setting(n,true) OPERATOR(pg_catalog.<>) v`;
}

export const SET_EACH = "pg_catalog.set_config(n,v,true)";

/** The same as a statement, with the limits in it. */
export function settingsStatement(limits: TransactionLimits, more: Readonly<Record<string, string>> = {}): string {
  const { statementTimeoutMs, lockTimeoutMs, idleInTransactionTimeoutMs } = limits;
  const texts = {
    statementTimeoutMs: quoted(String(statementTimeoutMs)),
    lockTimeoutMs: quoted(String(lockTimeoutMs)),
    idleInTransactionTimeoutMs: quoted(String(idleInTransactionTimeoutMs)),
  };
  return `SELECT ${SET_EACH} FROM ${settingsRows(texts, more)}`;
}
