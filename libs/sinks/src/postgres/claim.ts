import { getTableColumns } from "drizzle-orm";
import type pg from "pg";
import type { Claim } from "../checkpoint.js";
import { parseDatabaseUrl } from "../address.js";
import { hashDefinition, type PipelineDefinition } from "../definition.js";
import { refused } from "../errors.js";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import type { SinkTables } from "../sink-tables.js";
import { firstClaimLock } from "./advisory-locks.js";
import { withConnection } from "./connection.js";
import type { RollupSql } from "./rollup-sql.js";

/** Who we are: stored at the first claim, compared at each later one. */
export interface SinkIdentity {
  readonly topic: string;
  readonly group: string;
  readonly clusterId: string;
  readonly definition: PipelineDefinition;
}

interface CheckpointRow {
  readonly start_offset: number;
  readonly next_offset: number;
  readonly epoch: number;
  readonly watermark_ms: number | null;
  readonly max_event_time_ms: number | null;
  readonly read: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
  readonly rejected: number;
  readonly skipped: number;
  readonly lost: number;
}

const toMs = (column: string) => `(extract(epoch FROM ${column}) * 1000)::int8 AS ${column}_ms`;
const claimed = `start_offset, next_offset, epoch, ${toMs("watermark")}, ${toMs("max_event_time")},
  read, counted, duplicate, late, quarantined, rejected, skipped, lost`;

/**
 * Rejects with SinkError `refused-group`, `refused-cluster` or `refused-definition` where the topic's tables were written
 * by another. Each claim checks this too; here it is said before anything is read.
 */
export async function checkIdentity(databaseUrl: string, identity: SinkIdentity): Promise<void> {
  await withConnection(parseDatabaseUrl(databaseUrl), (client) =>
    compareIdentity(client, identity, hashDefinition(identity.definition)),
  );
}

async function compareIdentity(client: pg.ClientBase, identity: SinkIdentity, hash: string): Promise<void> {
  const { rows } = await client.query<{ group_name: string; cluster_id: string; definition_hash: string }>(
    `SELECT group_name, cluster_id, definition_hash FROM tidemark.checkpoints
     WHERE topic = $1 AND (group_name, cluster_id, definition_hash) <> ($2, $3, $4) LIMIT 1`,
    [identity.topic, identity.group, identity.clusterId, hash],
  );
  const stored = rows[0];
  if (stored === undefined) return;
  const { topic } = identity;
  if (stored.cluster_id !== identity.clusterId) throw refused("cluster", topic, stored.cluster_id, identity.clusterId);
  if (stored.group_name !== identity.group) throw refused("group", topic, stored.group_name, identity.group);
  throw refused("definition", topic, stored.definition_hash, hash);
}

/** Bumps the epoch: from here on, nobody else's commit can succeed. Then reads the state within the same transaction. */
export async function claimPartition(
  client: pg.PoolClient,
  identity: SinkIdentity,
  tables: SinkTables,
  rollups: readonly RollupSql[],
  partition: number,
  logStartOffset: number,
): Promise<Claim> {
  const { topic } = identity;
  const hash = hashDefinition(identity.definition);
  await client.query("INSERT INTO tidemark.definitions (hash, definition) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
    hash,
    JSON.stringify(identity.definition),
  ]);
  const { rowCount: first } = await client.query(
    `INSERT INTO tidemark.checkpoints (topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch)
     VALUES ($1, $2, $3, $4, $5, $6, $6, 0) ON CONFLICT DO NOTHING`,
    [topic, partition, identity.group, identity.clusterId, hash, logStartOffset],
  );
  // Two identities that begin at once don't see each other's rows yet: the second one to come waits for the first.
  if (first === 1) await client.query("SELECT pg_advisory_xact_lock($1)", [firstClaimLock]);
  const { rows } = await client.query<CheckpointRow>(
    `UPDATE tidemark.checkpoints SET epoch = epoch + 1 WHERE topic = $1 AND partition = $2 RETURNING ${claimed}`,
    [topic, partition],
  );
  await compareIdentity(client, identity, hash);
  const row = rows[0];
  if (row === undefined) throw new Error(`The checkpoint row of ${topic}[${partition}] vanished during its claim.`);

  const watermarkMs = row.watermark_ms ?? -Infinity;
  const { read, counted, duplicate, late, quarantined, rejected, skipped, lost } = row;
  const openSince = (sizeMs: number) => watermarkMs - identity.definition.allowedLatenessMs - sizeMs;
  return {
    partition,
    epoch: row.epoch,
    startOffset: row.start_offset,
    nextOffset: row.next_offset,
    watermarkMs,
    maxEventTimeMs: row.max_event_time_ms ?? -Infinity,
    ledger: { read, counted, duplicate, late, quarantined, rejected, skipped, lost },
    windows: await readWindows(client, rollups, topic, partition, openSince),
    ids: await readIds(client, tables, topic, partition, openSince(rollups[0]?.sizeMs ?? 0)),
  };
}

async function readWindows(
  client: pg.PoolClient,
  rollups: readonly RollupSql[],
  topic: string,
  partition: number,
  openSince: (sizeMs: number) => number,
): Promise<Claim["windows"]> {
  const windows: Claim["windows"][number][] = [];
  for (const rollup of rollups) {
    const since = openSince(rollup.sizeMs);
    if (since === -Infinity) continue;
    const { rows } = await client.query<unknown[]>({
      text: rollup.select,
      values: [topic, partition, since],
      rowMode: "array",
    });
    windows.push({ rollup: rollup.name, rows: rows.map((row) => rollup.fromRow(row)) });
  }
  return windows;
}

async function readIds(
  client: pg.PoolClient,
  tables: SinkTables,
  topic: string,
  partition: number,
  sinceMs: number,
): Promise<Claim["ids"]> {
  const { raw } = tables;
  if (sinceMs === -Infinity || raw.time === undefined || raw.id === undefined) return [];
  const { table, id, time } = raw;
  const columns = getTableColumns(table);
  const idColumn = quoteIdentifier(columns[id]?.name ?? id);
  const timeColumn = quoteIdentifier(columns[time]?.name ?? time);
  const { rows } = await client.query<[string, number]>({
    text: `SELECT ${idColumn}::text, (extract(epoch FROM ${timeColumn}) * 1000)::int8 FROM ${qualifiedName(table)}
      WHERE ${timeColumn} > to_timestamp($3::float8 / 1000) AND topic = $1 AND partition = $2`,
    values: [topic, partition, sinceMs],
    rowMode: "array",
  });
  return rows.map(([value, timeMs]) => ({ id: value, timeMs }));
}
