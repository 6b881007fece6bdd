import type { PgTable } from "drizzle-orm/pg-core";
import { escapeLiteral } from "pg";
import { qualifiedName, quoteIdentifier, schemaOf } from "../identifiers.js";
import { isDerived, sinkTables, type SinkPipeline } from "../sink-pipeline.js";
import {
  checkpoints,
  closedWindows,
  definitions,
  exclusions,
  forgottenIds,
  mergedWindows,
  ownedTables,
  progress,
  quietPartitions,
  retention,
} from "../tables/tidemark.js";
import { checkTablesOn } from "./check-tables.js";
import { runAtOnce, runTransaction, withConnection } from "./connection.js";
import { NO_LIMITS } from "./session/settings.js";

export interface RolesOptions {
  readonly pipeline: SinkPipeline;
  /** Names of the two roles. Those that don't exist are made: they may log in, and have no password yet. */
  readonly writer: string;
  readonly reader: string;
}

const MIGRATIONS = "tidemark.migrations";
const DATABASE = "tidemark.database";
const PARTITION_STATES = "tidemark.partition_states";
const HEALTH_VIEWS = ["tidemark.pipeline_health", "tidemark.pipeline_progress"];
const FUNCTIONS =
  "tidemark.make_day(regclass, date), tidemark.drop_days(regclass, text, integer, bigint), tidemark.retention_boundary(text, integer, bigint), tidemark.retention_kept(text, timestamptz, bigint)";

/**
 * SQL that gives a writer what claims, checkpoints, days and retention need, and a reader the rollups, tallies and views of a pipeline; whatever else
 * the two had on these tables is taken away. For the owner of the tables, in a database that is migrated. To be run again
 * after each migration.
 */
export function rolesSql({ pipeline, writer, reader }: RolesOptions): readonly string[] {
  const tables = sinkTables(pipeline);
  const views = [...HEALTH_VIEWS, ...totalsOf(pipeline)];
  const { raw, late, rejected } = tables;
  const records = [raw.table, ...(late === undefined ? [] : [late]), ...(rejected === undefined ? [] : [rejected])];
  const rollups = tables.rollups.map(({ table }) => table);
  const tallies = (tables.tallies ?? []).map(({ table }) => table);
  const ofIds = tables.topicIds === undefined ? [] : [tables.topicIds.ids, tables.topicIds.copies];
  const written = [
    ...records,
    ...ofIds,
    ...rollups,
    ...tallies,
    checkpoints,
    definitions,
    exclusions,
    forgottenIds,
    ownedTables,
    retention,
    progress,
    quietPartitions,
    closedWindows,
    mergedWindows,
  ];
  const names = [...written.map(qualifiedName), MIGRATIONS, DATABASE, PARTITION_STATES, ...views];
  return [
    ...[writer, reader].flatMap((role) => [
      createRole(role),
      `REVOKE ALL ON ${names.join(", ")} FROM ${quoteIdentifier(role)}`,
    ]),
    ...grantUsage(written, writer),
    ...grant("SELECT", [MIGRATIONS, DATABASE, PARTITION_STATES, ownedTables, exclusions], writer),
    ...grant("SELECT, INSERT", [definitions], writer),
    ...grant("SELECT, INSERT, UPDATE", [checkpoints, retention, ...tallies], writer),
    ...grant("SELECT, INSERT, UPDATE", [quietPartitions, closedWindows, mergedWindows], writer),
    ...grant("SELECT, INSERT, UPDATE, DELETE", rollups, writer),
    ...grant("SELECT, INSERT, DELETE", [...records, ...ofIds, progress], writer),
    ...grant("SELECT, INSERT, UPDATE, DELETE", [forgottenIds], writer),
    `GRANT EXECUTE ON FUNCTION ${FUNCTIONS} TO ${quoteIdentifier(writer)}`,
    ...grantUsage([...rollups, ...tallies, checkpoints], reader),
    ...grant("SELECT", [...rollups, ...tallies, ...views], reader),
  ];
}

/**
 * Runs `rolesSql` as the tables' owner, who needs CREATEROLE where a role has to be made. Passwords are given with ALTER ROLE.
 * Rejects with SinkError `no-tables` where the database has no tables of the pipeline, `refused-table` where tables of those names are
 * somebody else's, and with Postgres's own error.
 */
export async function createRoles(databaseUrl: string, options: RolesOptions): Promise<void> {
  await withConnection(databaseUrl, async (client) => {
    await runTransaction(client, NO_LIMITS, () => checkTablesOn(client, databaseUrl, options.pipeline));
    await runAtOnce(client, NO_LIMITS, rolesSql(options).join(";\n"));
  });
}

function createRole(name: string): string {
  const create = `CREATE ROLE ${quoteIdentifier(name)} LOGIN`;
  const body = `BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${escapeLiteral(name)}) THEN ${create}; END IF; END`;
  return `DO ${escapeLiteral(body)}`;
}

function totalsOf(pipeline: SinkPipeline): string[] {
  if (!isDerived(pipeline)) return [];
  const { schema } = pipeline.data.tables;
  return pipeline.data.rollups.map(({ name }) => `${quoteIdentifier(schema)}.${quoteIdentifier(`${name}_total`)}`);
}

/** `on` holds tables, and names that are quoted already. */
function grant(rights: string, on: readonly (PgTable | string)[], role: string): string[] {
  if (on.length === 0) return [];
  const names = on.map((one) => (typeof one === "string" ? one : qualifiedName(one)));
  return [`GRANT ${rights} ON ${names.join(", ")} TO ${quoteIdentifier(role)}`];
}

function grantUsage(tables: readonly PgTable[], role: string): string[] {
  const schemas = new Set(tables.map(schemaOf));
  return [...schemas].map((schema) => `GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteIdentifier(role)}`);
}
