import { setTimeout as sleep } from "node:timers/promises";
import {
  abandonDefinition,
  checkTables,
  dropFormer,
  nextPipeline,
  prepareDefinition,
  seedDefinition,
  switchDefinition,
  type ReadOffsets,
} from "@tidemark/sinks";
import { readOffsets } from "@tidemark/sources";
import { findPresentFields, newFields } from "./absent-fields.js";
import type { Pipeline } from "./definition/define-pipeline.js";
import { askClusterId, askPostgres } from "./prepare.js";
import { resolveRunOptions, type RunOptions } from "./run-options.js";
import { runPipeline, type RunningPipeline } from "./run-pipeline.js";

export interface DefinitionRebuildOptions extends Pick<
  RunOptions,
  "brokers" | "connection" | "databaseUrl" | "topic" | "group" | "maxBatchBytes" | "onEvent" | "signal"
> {
  /**
   * Epoch ms, the start of a UTC day: new and changed rollups may begin there, where neither the log nor raw rows hold what earlier
   * windows would be made of. Without it that is refused.
   */
  readonly fromMs?: number | undefined;
  /**
   * New fields that no record had that was read so far: their columns are then null, or the default, in rows that are made of rows.
   * Only the caller can know that of records that the log no longer has; those that it has are looked at. Without it such a field is
   * refused.
   */
  readonly absent?: readonly string[];
  /** The log of these partitions has lost records: the new tables are first filled from the rows that are there. */
  readonly onRows?: (partitions: readonly number[]) => void;
  /** The pipeline that fills the new tables has begun. */
  readonly onRun?: (run: RunningPipeline) => void;
  /** The new tables are as far as the former ones, and these are in use: the switch is tried again. Called once. */
  readonly onWait?: () => void;
}

const RETRY_MS = 1_000;

/**
 * Makes the pipeline's tables anew by this definition, from the log, and puts them in the place of those that another definition made.
 * The new ones are filled beside the old ones, by a consumer group of its own (the group's name and `.next`), while a consumer of the
 * old definition may go on; it is refused after the switch. Readers see the old tables before one commit, and the new ones after it.
 * Where the log of a partition no longer has all records, its rows are made of those that are there, if that gives what the log would have
 * given (decision 0029 of the repository).
 * Killed anywhere, it goes on when it is called again, and until the switch the old tables are as they were. Resolves to false
 * where the tables have this definition already.
 *
 * Rejects with SinkError `no-tables` where the database is another, `refused-rebuild`, which names each thing that stands in the way, and as `runPipeline` does.
 */
export async function rebuildDefinition(pipeline: Pipeline, options: DefinitionRebuildOptions): Promise<boolean> {
  const { brokers, databaseUrl, topic, group, connection } = resolveRunOptions(pipeline.name, options);
  const { signal = new AbortController().signal, absent = [], onRows, onRun, onWait, onEvent, maxBatchBytes } = options;
  const kafka = { brokers, ...(connection !== undefined && { connection }) };
  const waiting = { emit: onEvent ?? (() => {}), signal };
  await askPostgres(databaseUrl, "find the tables", () => checkTables(databaseUrl, pipeline), waiting);
  const clusterId = await askClusterId(kafka, waiting);
  const log = await readOffsets(brokers, topic, { ...(connection !== undefined && { connection }), signal });
  const place = { databaseUrl, pipeline, topic, group, clusterId, log, signal, fromMs: options.fromMs, absent };
  const prepare = () => prepareDefinition(place);
  const source = await askPostgres(databaseUrl, "prepare another definition", prepare, waiting);
  if (source.type === "nothing") return false;
  if (source.type === "rows") {
    const { former, partitions } = source;
    onRows?.(partitions);
    const fields = newFields(pipeline, former, absent);
    const logPlace = { ...kafka, topic, group: `${group}.next`, signal, ...(maxBatchBytes && { maxBatchBytes }) };
    const findOthers = (read: readonly ReadOffsets[]) => findPresentFields(pipeline, fields, logPlace, read);
    const seed = () => seedDefinition({ ...place, former, partitions, ...(fields.length > 0 && { findOthers }) });
    await askPostgres(databaseUrl, "fill tables of another definition", seed, waiting);
  }

  const next: Pipeline = { ...pipeline, ...nextPipeline(pipeline), name: nextPipeline(pipeline).data.name };
  const run = runPipeline(next, {
    ...kafka,
    databaseUrl,
    topic,
    group: `${group}.next`,
    signal,
    ...(maxBatchBytes !== undefined && { maxBatchBytes }),
    ...(onEvent !== undefined && { onEvent }),
  });
  onRun?.(run);
  try {
    await run.caughtUp();
    await switchOnceFree(run, () => switchDefinition(place), onWait, signal);
  } finally {
    // After the switch it has lost its checkpoints, and may have failed by that.
    await run.stop().catch(() => {});
  }
  await dropFormer(place);
  // A partition that it claimed behind the switch has a checkpoint of the next pipeline again.
  await abandonDefinition(place);
  return true;
}

async function switchOnceFree(
  run: RunningPipeline,
  attempt: () => Promise<boolean>,
  onWait: (() => void) | undefined,
  signal: AbortSignal,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  run.done.catch((error: unknown) => {
    failure = { error };
  });
  for (let isFirst = true; ; isFirst = false) {
    if (await attempt()) return;
    if (failure !== undefined) throw failure.error;
    if (isFirst) onWait?.();
    await sleep(RETRY_MS, undefined, { signal });
  }
}

/** Drops what `rebuildDefinition` has begun and not finished. The tables in use are left as they are. */
export async function abandonDefinitionRebuild(
  pipeline: Pipeline,
  options: Pick<RunOptions, "databaseUrl" | "signal">,
): Promise<void> {
  await checkTables(options.databaseUrl, pipeline);
  await abandonDefinition({ ...options, pipeline });
}
