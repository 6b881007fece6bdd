import type { ClientBase } from "pg";
import { quoteIdentifier } from "../../identifiers.js";
import type { PipelineData } from "../../tables/pipeline-data.js";

/** How many records of a partition had which outcome, and how many of those that were counted have raw rows. */
export interface PartitionRows {
  readonly partition: number;
  readonly counted: number;
  readonly late: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly rejected: number;
  readonly rows: number;
  /** Epoch ms; null before the first event. */
  readonly watermark_ms: number | null;
}

export async function readPartitionRows(
  client: ClientBase,
  { name, tables }: PipelineData,
  topic: string,
): Promise<readonly PartitionRows[]> {
  const { rows } = await client.query<PartitionRows>(
    `SELECT c.partition, counted, late, duplicate, quarantined, rejected, coalesce(r.rows, 0) AS rows,
       (extract(epoch FROM watermark) * 1000)::int8 AS watermark_ms
     FROM tidemark.checkpoints c LEFT JOIN (
       SELECT partition, count(*) AS rows FROM ${quoteIdentifier(tables.schema)}.${quoteIdentifier(tables.raw)}
       WHERE topic = $2 GROUP BY partition) r ON r.partition = c.partition
     WHERE pipeline = $1 AND topic = $2 ORDER BY c.partition`,
    [name, topic],
  );
  return rows;
}

/** What `tidemark.retention` says of one table. */
export interface DroppedNote {
  readonly complete_from_ms: number;
  readonly dropped_rows: number;
  readonly rebuilt: boolean;
}

export async function readDropped(
  client: ClientBase,
  pipeline: string,
  table: string,
): Promise<DroppedNote | undefined> {
  const { rows } = await client.query<DroppedNote>(
    `SELECT (extract(epoch FROM complete_from) * 1000)::int8 AS complete_from_ms, dropped_rows, rebuilt
     FROM tidemark.retention WHERE pipeline = $1 AND table_name = $2`,
    [pipeline, table],
  );
  return rows[0];
}
