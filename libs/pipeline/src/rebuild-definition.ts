import { setTimeout as sleep } from "node:timers/promises";
import {
  abandonDefinition,
  checkTables,
  dropFormer,
  nextPipeline,
  prepareDefinition,
  switchDefinition,
} from "@tidemark/sinks";
import { readOffsets } from "@tidemark/sources";
import type { Pipeline } from "./definition/define-pipeline.js";
import { askClusterId, askPostgres } from "./prepare.js";
import { resolveRunOptions, type RunOptions } from "./run-options.js";
import { runPipeline, type RunningPipeline } from "./run-pipeline.js";

export interface DefinitionRebuildOptions extends Pick<
  RunOptions,
  "brokers" | "connection" | "databaseUrl" | "topic" | "group" | "maxBatchBytes" | "onEvent" | "signal"
> {
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
 * Killed anywhere, it goes on when it is called again, and until the switch the old tables are as they were. Resolves to false
 * where the tables have this definition already.
 *
 * Rejects with SinkError `no-tables` where the database is another, `refused-rebuild`, which names each thing that stands in the way, and as `runPipeline` does.
 */
export async function rebuildDefinition(pipeline: Pipeline, options: DefinitionRebuildOptions): Promise<boolean> {
  const { brokers, databaseUrl, topic, group, connection } = resolveRunOptions(pipeline.name, options);
  const { signal = new AbortController().signal, onRun, onWait, onEvent, maxBatchBytes } = options;
  const kafka = { brokers, ...(connection !== undefined && { connection }) };
  const waiting = { emit: onEvent ?? (() => {}), signal };
  await askPostgres(databaseUrl, "find the tables", () => checkTables(databaseUrl, pipeline), waiting);
  const clusterId = await askClusterId(kafka, waiting);
  const log = await readOffsets(brokers, topic, { ...(connection !== undefined && { connection }), signal });
  const place = { databaseUrl, pipeline, topic, signal };
  const prepare = () => prepareDefinition({ ...place, group, clusterId, log });
  if (!(await askPostgres(databaseUrl, "prepare another definition", prepare, waiting))) return false;

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
