export { ScenarioError } from "./errors.js";
export { faultKinds, type FaultKind, type Faults } from "./faults.js";
export type { Becomes, Label } from "./label.js";
export { loadScenario, type LoadedScenario } from "./load-scenario.js";
export { parseScenario, type ParsedScenario } from "./parse-scenario.js";
export { presets } from "./presets.js";
export type { RateCurve, Scenario } from "./scenario.js";
export { createStream, type ScenarioRecord, type Stream, type StreamOptions } from "./stream.js";
