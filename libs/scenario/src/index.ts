export { ScenarioError } from "./errors.js";
export { faultKinds, type FaultKind, type Faults } from "./faults.js";
export type { Becomes, Label } from "./label.js";
export { presets } from "./presets.js";
export { parseScenario, type ParsedScenario, type RateCurve, type Scenario } from "./scenario.js";
export { createStream, type ScenarioRecord, type Stream, type StreamOptions } from "./stream.js";
