/** A definition that cannot be a pipeline. */
export class PipelineDefinitionError extends Error {
  readonly code = "bad-definition";
  override readonly name = "PipelineDefinitionError";
  /** The path to what is wrong, such as `rollups[0].keys[1]`. */
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;

  /** @param field the path to what is wrong; empty for the definition as a whole */
  constructor(pipeline: string | undefined, field: string, value: unknown, allowed: string) {
    const subject = pipeline === undefined ? "A pipeline without a name" : `Pipeline ${pipeline}`;
    super(`${subject}: ${field || "the definition"} is ${show(value)}; allowed: ${allowed}.`);
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }
}

const MOST_CHARACTERS = 80;

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (isZod(value)) return `z.${value.def.type}()`;
  if (value instanceof Object && Object.getPrototypeOf(value) !== Object.prototype && !Array.isArray(value)) {
    return `an instance of ${value.constructor?.name ?? "no class"}`;
  }
  const text = toJson(value) ?? String(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function isZod(value: unknown): value is { readonly def: { readonly type: string } } {
  return value instanceof Object && "_zod" in value && "def" in value;
}

/** Undefined for what JSON does not have, also within the value: functions, bigints, circles. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return Array.isArray(value) ? "a list" : "an object";
  }
}
