/** A definition that cannot be a pipeline. */
export class PipelineDefinitionError extends Error {
  readonly code = "bad-definition";
  override readonly name = "PipelineDefinitionError";
  /** The path to what is wrong, such as `rollups[0].keys[1]`. */
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(pipeline: string, field: string, value: unknown, allowed: string) {
    super(`Pipeline ${pipeline}: ${field} is ${show(value)}; allowed: ${allowed}.`);
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Object && Object.getPrototypeOf(value) !== Object.prototype && !Array.isArray(value)) {
    return `a ${value.constructor.name}`;
  }
  return JSON.stringify(value) ?? String(value);
}
