export type SparkErrorCode = "not-portable";

/** A definition that the Spark job cannot carry out. The message names the part and the reason. */
export class SparkError extends Error {
  override readonly name = "SparkError";
  readonly code: SparkErrorCode;

  constructor(code: SparkErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function notPortable(pipeline: string, part: string, reason: string): SparkError {
  return new SparkError("not-portable", `The pipeline ${pipeline} cannot run on Spark yet: ${part} has ${reason}.`);
}
