import type { VariableName } from "./variables.js";

/** What is marked on the time axis of every series. Its SQL gives `time` and `timeend` (timestamptz), `text` and `tags`. */
export interface Annotation {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
  readonly variables: readonly VariableName[];
}
