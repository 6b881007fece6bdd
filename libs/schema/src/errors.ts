/** Why a definition of an event is refused. */
export type SchemaErrorCode =
  "not-an-object" | "wrong-name" | "unsupported-type" | "wrong-bounds" | "wrong-default" | "wrong-time" | "wrong-unit";

/** A wrong definition. The message names the field, what it has, and what is allowed. Decoding never throws it. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  readonly code: SchemaErrorCode;
  /** Null where the definition as a whole is wrong. */
  readonly field: string | null;
  /** What is allowed, to follow "allowed: " in a sentence. */
  readonly allowed: string;

  constructor(code: SchemaErrorCode, field: string | null, message: string, allowed: string) {
    super(field === null ? message : `Field ${JSON.stringify(field)}: ${message}`);
    this.code = code;
    this.field = field;
    this.allowed = allowed;
  }
}
