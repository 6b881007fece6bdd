import { readFile } from "node:fs/promises";
import { createStream, parseScenario, presets, ScenarioError, type Scenario, type Stream } from "@tidemark/scenario";
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
  const scenario = await loadScenario(options.scenario);
  if (typeof scenario === "string") return scenario;
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

/** The preset of that name, else what the JSON file at that path holds; a sentence where it is neither. */
async function loadScenario(nameOrFile: string): Promise<Scenario | string> {
  if (Object.hasOwn(presets, nameOrFile)) return presets[nameOrFile as keyof typeof presets];
  let json: unknown;
  try {
    json = JSON.parse(await readFile(nameOrFile, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "that file is not JSON" : "there is no such file that can be read";
    return `--scenario got "${nameOrFile}"; it takes ${Object.keys(presets).join(", ")}, or a JSON file, but ${why}.`;
  }
  const parsed = parseScenario(json);
  return parsed.ok ? parsed.scenario : `The scenario in "${nameOrFile}" is not one: ${parsed.problems.join("; ")}.`;
}
