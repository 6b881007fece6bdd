import { parseDuration } from "./duration.js";
import { PipelineDefinitionError } from "./errors.js";

const SNAKE_CASE = /^[a-z][a-z0-9_]*$/;
/** Postgres cuts identifiers at 63 bytes, and suffixes such as `_verdicts_1m` and `_window_start` follow. */
const MAX_NAME_LENGTH = 40;
const MAX_IDENTIFIER_BYTES = 63;

/** Checks values of one pipeline's definition. Each method throws a PipelineDefinitionError that names the field. */
export class DefinitionCheck {
  readonly #pipeline: string | undefined;
  readonly #entry: (...given: never) => unknown;

  /** @param entry the function that the user calls: the stack of an error begins with that call */
  constructor(pipeline: unknown, entry: (...given: never) => unknown) {
    this.#pipeline = typeof pipeline === "string" && pipeline !== "" ? pipeline : undefined;
    this.#entry = entry;
  }

  refuse(field: string, value: unknown, allowed: string): never {
    const error = new PipelineDefinitionError(this.#pipeline, field, value, allowed);
    Error.captureStackTrace?.(error, this.#entry);
    throw error;
  }

  object(field: string, value: unknown, known: readonly string[]): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) this.refuse(field, value, "an object");
    for (const [name, inner] of Object.entries(value)) {
      if (!known.includes(name))
        this.refuse(field === "" ? name : `${field}.${name}`, inner, `only ${known.join(", ")}`);
    }
  }

  list(field: string, value: unknown, what: string): void {
    if (!Array.isArray(value)) this.refuse(field, value, what);
  }

  /** Words for people. */
  text(field: string, value: unknown): void {
    if (typeof value !== "string" || value.trim() === "") this.refuse(field, value, "a text that is not blank");
  }

  /** The name of a pipeline, a rollup or an aggregate. */
  name(field: string, value: unknown): string {
    if (typeof value === "string" && SNAKE_CASE.test(value) && value.length <= MAX_NAME_LENGTH) return value;
    return this.refuse(
      field,
      value,
      `1 to ${MAX_NAME_LENGTH} lower-case letters, digits and underscores that begin with a letter`,
    );
  }

  /** An identifier of Postgres, which is quoted wherever it is used. */
  identifier(field: string, value: unknown): string {
    const isIdentifier =
      typeof value === "string" &&
      value !== "" &&
      !value.includes("\0") &&
      new TextEncoder().encode(value).length <= MAX_IDENTIFIER_BYTES;
    return isIdentifier ? value : this.refuse(field, value, `an identifier of 1 to ${MAX_IDENTIFIER_BYTES} bytes`);
  }

  /** A duration in ms. */
  duration(field: string, value: unknown): number {
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    return ms ?? this.refuse(field, value, "a duration of at most 366d, such as 5m, 90s or 250ms");
  }

  oneOf<Value extends string>(field: string, value: unknown, values: readonly Value[]): Value {
    const found = values.find((one) => one === value);
    return found ?? this.refuse(field, value, values.map((one) => JSON.stringify(one)).join(" or "));
  }
}
