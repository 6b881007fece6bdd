export { ScenarioError } from "./errors.js";
export type { Label } from "./fault.js";
export { malformations, type Malformation } from "./malformation.js";
export { presets } from "./presets.js";
export { parseScenario, type ParsedScenario, type Scenario } from "./scenario.js";
export { createStream, type ScenarioRecord, type Stream, type StreamOptions } from "./stream.js";
