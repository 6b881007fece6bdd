import { checkIdentity, checkTables, resetPartitions, type PartitionReset } from "@tidemark/sinks";
import { readGroupMembers, readOffsets, type KafkaConnection } from "@tidemark/sources";
import type { Pipeline } from "./definition/define-pipeline.js";
import { atWork, badOption } from "./errors.js";
import type { PipelineListener } from "./pipeline-event.js";
import { askClusterId, askPostgres } from "./prepare.js";
import { resolveRunOptions } from "./run-options.js";

export interface RebuildOptions {
  readonly brokers: readonly string[];
  readonly connection?: KafkaConnection;
  readonly databaseUrl: string;
  /** Default: the pipeline's name. */
  readonly topic?: string;
  /** Default: `tidemark-` and the pipeline's name. */
  readonly group?: string;
  /** Which partitions; undefined: all that have been read. */
  readonly partition?: number | undefined;
  /** Offsets of that partition whose records are left out from now on: rejected, with the reason `excluded`. */
  readonly without?: readonly number[];
  /** Offsets of that partition that were left out, and are not any more. */
  readonly including?: readonly number[];
  readonly signal?: AbortSignal;
  /** Called with what is waited for. */
  readonly onEvent?: PipelineListener;
}

/**
 * Takes partitions out of the tables, all of them where ids are unique over all and records are left out, or where closed windows
 * of several partitions were merged into one row, so that whoever runs the pipeline next reads them again from the log: run it until it has
 * caught up, and then `dropRebuilt` of `@tidemark/sinks`. All of it is one transaction.
 *
 * Rejects with PipelineError `at-work` while the group has members: the commits of one would be fenced, but one that has nothing to commit
 * would not notice, and the partition would not be read again. With SinkError `no-tables` where the database is another, `refused-rebuild` where the log cannot give the rows again, and as `runPipeline` does where Kafka or Postgres
 * cannot be asked. Throws PipelineError `bad-options`.
 */
export async function resetForRebuild(pipeline: Pipeline, options: RebuildOptions): Promise<readonly PartitionReset[]> {
  const { partition, without = [], including = [], signal = new AbortController().signal } = options;
  const { brokers, databaseUrl, topic, group, connection } = resolveRunOptions(pipeline.name, options);
  if (partition === undefined && without.length + including.length > 0)
    throw badOption("without", without, "offsets beside a partition");
  const kafka = { brokers, ...(connection !== undefined && { connection }) };
  const waiting = { emit: options.onEvent ?? (() => {}), signal };
  await askPostgres(databaseUrl, "find the tables", () => checkTables(databaseUrl, pipeline), waiting);
  const identity = { topic, group, clusterId: await askClusterId(kafka, waiting), pipeline };
  await askPostgres(databaseUrl, "compare the definition", () => checkIdentity(databaseUrl, identity), waiting);
  const asked = { ...(connection !== undefined && { connection }), signal };
  const members = await readGroupMembers(brokers, group, asked);
  if (members.length > 0) throw atWork(group, members);
  const log = await readOffsets(brokers, topic, asked);
  const isKnown = partition === undefined || log.some((one) => one.partition === partition);
  if (!isKnown) throw badOption("partition", partition, `a partition of ${topic} (0 to ${log.length - 1})`);
  // Others may have left out copies of a record that is counted otherwise now.
  const isAll = pipeline.data.tables.topicIds !== undefined && without.length + including.length > 0;
  const partitions = log.filter((one) => partition === undefined || isAll || one.partition === partition);
  return resetPartitions({
    ...identity,
    databaseUrl,
    partitions,
    all: log,
    decidedPartition: partition,
    without,
    including,
    signal,
  });
}
