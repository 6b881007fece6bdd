import * as engine from "@tidemark/scenario";
import type { SocmedEvent } from "../event.js";
import { socmedModel } from "./model.js";
import type { oddities } from "./oddities.js";
import type { Scenario } from "./scenario.js";

export { presets } from "./presets.js";
export type { Scenario } from "./scenario.js";
export { socmedModel } from "./model.js";

type Own = keyof typeof oddities;

/** One event of the stream, as it goes to Kafka, and what is known about it. */
export type ScenarioRecord = engine.ScenarioRecord<SocmedEvent, Own>;
export type Stream = engine.Stream<SocmedEvent, Own>;

/** The fake stream of social media events. @throws ScenarioError as the engine's `createStream` does */
export function createStream(options: engine.StreamOptions<Scenario>): Stream {
  return engine.createStream(socmedModel, options);
}

/** Checks data that came from JSON. It never throws. */
export function parseScenario(json: unknown): engine.ParsedScenario<Scenario> {
  return engine.parseScenario(socmedModel, json);
}

/** The preset of that name, else the JSON file at that path, which `readText` reads; `problem` is one sentence. */
export function loadScenario(
  nameOrFile: string,
  readText: (file: string) => Promise<string>,
): Promise<engine.LoadedScenario<Scenario>> {
  return engine.loadScenario(socmedModel, nameOrFile, readText);
}
