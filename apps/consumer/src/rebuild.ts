import {
  abandonDefinitionRebuild,
  rebuildDefinition,
  resetForRebuild,
  type Pipeline,
  type Stopped,
} from "@tidemark/pipeline";
import { dropRebuilt } from "@tidemark/sinks";
import { describeEvent } from "@tidemark/cli/report";
import type { DefinitionTarget, PartitionTarget, RebuildTarget } from "./rebuild-options.js";
import { PROGRESS_EVERY_MS, runConsumer, type PlacedOptions, type Surroundings } from "./run-consumer.js";

const whole = new Intl.NumberFormat("en-US");
const NONE_ABANDONED: Stopped = { abandoned: [] };

/** Reads the log into tables again, as the target says, and reports on it. */
export async function rebuild(
  pipeline: Pipeline,
  options: PlacedOptions & { readonly target: RebuildTarget },
  surroundings: Surroundings,
): Promise<Stopped> {
  const { target } = options;
  switch (target.type) {
    case "partitions":
      return rebuildPartitions(pipeline, options, target, surroundings);
    case "definition":
      return changeDefinition(pipeline, { ...options, target }, surroundings);
    case "abandon":
      await abandonDefinitionRebuild(pipeline, surroundings);
      surroundings.reporter.note("rebuild: what was begun for another definition is dropped");
      return NONE_ABANDONED;
  }
}

async function rebuildPartitions(
  pipeline: Pipeline,
  options: PlacedOptions,
  target: PartitionTarget,
  surroundings: Surroundings,
): Promise<Stopped> {
  const { databaseUrl, reporter, signal } = surroundings;
  const { partition: which, without, including } = target;
  const place = placeOf(options, surroundings);
  const reset = await resetForRebuild(pipeline, {
    ...place,
    partition: which,
    without,
    including,
    onEvent(event) {
      const text = describeEvent(event, place);
      if (text !== undefined) reporter.note(text);
    },
  });
  for (const { partition, startOffset, nextOffset } of reset) {
    const from = `from offset ${whole.format(startOffset)} to ${whole.format(nextOffset)}`;
    reporter.note(`rebuild: partition ${partition} was taken out of the tables, and is read again ${from}`);
  }
  const stopped = await runConsumer(pipeline, { ...options, untilCaughtUp: true }, surroundings);
  // Cut short, whoever reads on drops it.
  if (signal.aborted) return stopped;
  const { dropped } = await dropRebuilt({ databaseUrl, pipeline }, signal);
  for (const one of dropped) {
    const text = describeEvent({ type: "retention-dropped", dropped: one }, place);
    if (text !== undefined) reporter.note(text);
  }
  return stopped;
}

async function changeDefinition(
  pipeline: Pipeline,
  options: PlacedOptions & { readonly target: DefinitionTarget },
  surroundings: Surroundings,
): Promise<Stopped> {
  const { reporter } = surroundings;
  const place = placeOf(options, surroundings);
  let ticker: NodeJS.Timeout | undefined;
  try {
    const isSwitched = await rebuildDefinition(pipeline, {
      ...place,
      fromMs: options.target.fromMs,
      absent: options.target.absent,
      ...(options.maxBatchBytes === undefined ? {} : { maxBatchBytes: options.maxBatchBytes }),
      onEvent(event) {
        const text = describeEvent(event, place);
        if (text !== undefined) reporter.note(text);
      },
      onRows: (partitions) =>
        reporter.note(
          `rebuild: the log of partitions ${partitions.join(", ")} has lost records; makes their rows of those that are there`,
        ),
      onRun(run) {
        reporter.note("rebuild: fills new tables beside those that are there");
        ticker = setInterval(() => reporter.progress(run.progress()), PROGRESS_EVERY_MS);
      },
      onWait: () => reporter.note("rebuild: the tables are in use; waiting for a moment to switch"),
    });
    reporter.note(
      isSwitched
        ? "rebuild: switched to the new tables; start the consumer with this definition"
        : "rebuild: the tables have this definition already",
    );
    return NONE_ABANDONED;
  } finally {
    clearInterval(ticker);
  }
}

function placeOf({ topic, group }: PlacedOptions, { brokers, connection, databaseUrl, signal }: Surroundings) {
  return {
    brokers,
    ...(connection !== undefined && { connection }),
    databaseUrl,
    topic,
    ...(group !== undefined && { group }),
    signal,
  };
}
