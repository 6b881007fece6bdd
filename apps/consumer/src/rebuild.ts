import { resetForRebuild, type Pipeline, type Stopped } from "@tidemark/pipeline";
import { dropRebuilt } from "@tidemark/sinks";
import type { RebuildTarget } from "./rebuild-options.js";
import { runConsumer, type PlacedOptions, type Surroundings } from "./run-consumer.js";
import { describeEvent } from "./notes.js";

const whole = new Intl.NumberFormat("en-US");

/** Takes partitions out of the tables, reads them again until it has caught up, and reports on it. */
export async function rebuild(
  pipeline: Pipeline,
  options: PlacedOptions & { readonly target: RebuildTarget },
  surroundings: Surroundings,
): Promise<Stopped> {
  const { brokers, connection, databaseUrl, reporter, signal } = surroundings;
  const { topic, group, target } = options;
  const reset = await resetForRebuild(pipeline, {
    brokers,
    ...(connection !== undefined && { connection }),
    databaseUrl,
    topic,
    ...(group !== undefined && { group }),
    signal,
    ...target,
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
    const text = describeEvent({ type: "retention-dropped", dropped: one }, { topic, brokers });
    if (text !== undefined) reporter.note(text);
  }
  return stopped;
}
