import { getTableColumns, getTableName } from "drizzle-orm";
import { escapeLiteral } from "pg";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import type { CountQuestion } from "../state-check.js";

const toMs = (column: string) => `(extract(epoch FROM ${column}) * 1000)::int8 AS ${column}_ms`;
const claimed = `start_offset, next_offset, epoch, last_record::text, ${toMs("watermark")}, ${toMs("max_event_time")},
  read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost`;

/** The statements of a claim, in their order, as every program that claims partitions has to send them. */
export const CLAIM_SQL = {
  /** Hash, JSON. */
  insertDefinition: "INSERT INTO tidemark.definitions (hash, definition) VALUES ($1, $2) ON CONFLICT DO NOTHING",
  /** Pipeline, topic, partition, group, cluster, hash, start offset, owner. */
  insertCheckpoint: `INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch, owner)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, $8) ON CONFLICT DO NOTHING`,
  /** The lock. Taken where the checkpoint's row was inserted. */
  lockFirstClaim: "SELECT pg_advisory_xact_lock($1)",
  /** Pipeline, topic, partition, owner. */
  claim: `WITH before AS (
       SELECT owner AS taken_from FROM tidemark.checkpoints WHERE pipeline = $1 AND topic = $2 AND partition = $3 FOR UPDATE)
     UPDATE tidemark.checkpoints SET epoch = epoch + 1, owner = $4 FROM before
     WHERE pipeline = $1 AND topic = $2 AND partition = $3
     RETURNING nullif(nullif(taken_from, $4), '') AS taken_from, ${claimed}`,
  /** Pipeline, topic, group, cluster, hash. A row is somebody else's claim on the pipeline's tables. */
  findOtherIdentity: `SELECT topic, group_name, cluster_id, definition_hash FROM tidemark.checkpoints
     WHERE pipeline = $1 AND (definition_hash <> $5 OR (topic = $2 AND (group_name, cluster_id) <> ($3, $4)))
     ORDER BY topic <> $2 LIMIT 1`,
  /** Pipeline, topic, partition, first offset. */
  readExclusions: `SELECT "offset" FROM tidemark.exclusions WHERE pipeline = $1 AND topic = $2 AND partition = $3 AND "offset" >= $4`,
  /** Pipeline. Tables of it that do not have all rows. */
  readShortened: "SELECT table_name AS name FROM tidemark.retention WHERE pipeline = $1",
  /** Pipeline, topic, partition: the columns of a claim, without one. */
  read: `SELECT ${claimed} FROM tidemark.checkpoints WHERE pipeline = $1 AND topic = $2 AND partition = $3`,
} as const;

/**
 * Counts the events of a rollup's windows: of the partition's own rows, and of rows into which its closed windows were merged. Parameters: topic,
 * partition, pipeline. `since` is SQL, epoch ms; undefined: all windows.
 */
export function countSql(
  { table, column }: Pick<CountQuestion, "table" | "column">,
  since: string | undefined,
): string {
  const columnName = quoteIdentifier(getTableColumns(table)[column]?.name ?? column);
  const from = since === undefined ? undefined : `to_timestamp(${since}::float8 / 1000)`;
  const isSince = from === undefined ? "" : ` AND window_start >= ${from}`;
  const merged = from === undefined ? "events" : `CASE WHEN since >= ${from} THEN events_since END`;
  return `SELECT (SELECT coalesce(sum(${columnName}), 0)::int8 FROM ${qualifiedName(table)}
      WHERE topic = $1 AND partition = $2${isSince})
    + coalesce((SELECT ${merged} FROM tidemark.merged_windows
        WHERE pipeline = $3 AND topic = $1 AND partition = $2 AND rollup = ${escapeLiteral(getTableName(table))}), 0)`;
}
