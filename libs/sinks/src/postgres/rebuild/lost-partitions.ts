import type { ClientBase } from "pg";
import type { PipelineData } from "../../tables/pipeline-data.js";
import type { StoredRow } from "./find-losses.js";
import { nextPipeline, type DerivedPipeline } from "./next-pipeline.js";
import { newRollups, type RowChoices } from "./plan-rows.js";
import type { LogOfPartition } from "./reset-partitions.js";

/**
 * The partitions whose log has lost records that were read. Where ids are unique over all partitions, those are all or none: which copy of
 * an event was counted is decided between partitions. So they are where their windows were merged.
 */
export function findLostPartitions(
  stored: readonly StoredRow[],
  log: readonly LogOfPartition[],
  { tables }: PipelineData,
  isMerged: boolean,
): readonly number[] {
  const lost = stored.filter(({ partition, start_offset: begun }) =>
    log.some((one) => one.partition === partition && one.start > begun),
  );
  const all = (tables.topicIds !== undefined || isMerged) && lost.length > 0 ? stored : lost;
  return all.map(({ partition }) => partition);
}

export interface SeededOptions extends RowChoices {
  readonly pipeline: DerivedPipeline;
  readonly topic: string;
  readonly log: readonly LogOfPartition[];
  /** Whose log has lost records. */
  readonly partitions: readonly number[];
}

/** Whether the next pipeline already has what the log has lost, with the same choices. */
export async function isSeeded(
  client: ClientBase,
  former: PipelineData,
  { pipeline, topic, log, partitions, fromMs }: SeededOptions,
): Promise<boolean> {
  const next = nextPipeline(pipeline).data;
  const { rows } = await client.query<{ partition: number; next_offset: number | null }>(
    `SELECT o.partition, n.next_offset FROM tidemark.checkpoints o LEFT JOIN tidemark.checkpoints n
     ON n.pipeline = $2 AND n.topic = o.topic AND n.partition = o.partition AND n.start_offset = o.start_offset
     WHERE o.pipeline = $1 AND o.topic = $3 AND o.partition = ANY ($4::int[])`,
    [former.name, next.name, topic, partitions],
  );
  const isReached = rows.every(
    ({ partition, next_offset: at }) =>
      at !== null && at >= (log.find((one) => one.partition === partition)?.start ?? Infinity),
  );
  if (!isReached) return false;
  const { rows: begun } = await client.query<{ ms: number }>(
    `SELECT (extract(epoch FROM complete_from) * 1000)::int8 AS ms FROM tidemark.retention
     WHERE pipeline = $1 AND table_name = ANY ($2)`,
    [next.name, newRollups(former, pipeline.data).map(({ name }) => name)],
  );
  return begun.every(({ ms }) => ms === fromMs);
}
