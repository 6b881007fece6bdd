/** `createStream` or `at` was given a number that it can't work with; the message says which. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  readonly code = "invalid-stream";
}
