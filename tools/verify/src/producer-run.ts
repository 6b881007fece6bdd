import { readFile } from "node:fs/promises";
import { ScenarioError } from "@tidemark/scenario";
import { createStream, loadScenario, type Stream } from "@tidemark/socmed/scenario";
import type { RunOptions } from "./options.js";

/** What a producer was told, and the stream that it sent. */
export interface ProducerRun {
  readonly stream: Pick<Stream, "at" | "arrivalMs" | "keyOf">;
  /** The first event's index. */
  readonly startIndex: number;
  readonly events: number;
}

/** The run that the options tell, or what is wrong with them in one sentence. */
export async function loadRun(options: RunOptions): Promise<ProducerRun | string> {
  const loaded = await loadScenario(options.scenario, (file) => readFile(file, "utf8"));
  if (!loaded.ok) return loaded.problem;
  const { scenario } = loaded;
  const { seed, startMs, startIndex, rate } = options;
  const events = options.events ?? (scenario.events ?? Infinity) - startIndex;
  if (events === Infinity) return `--events is needed: the scenario ${scenario.name} has no end.`;
  if (events <= 0) return `--start-index=${startIndex} lies behind the events that the scenario ${scenario.name} has.`;
  try {
    const stream = createStream({ scenario, seed, startMs, ...(rate !== null && { rate }) });
    return { stream, startIndex, events };
  } catch (error) {
    if (error instanceof ScenarioError) return `${error.message}.`;
    throw error;
  }
}
