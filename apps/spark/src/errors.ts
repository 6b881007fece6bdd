export type SparkErrorCode = "not-portable" | "no-java" | "no-python" | "no-environment";

/** The message is one sentence with what to do. */
export class SparkError extends Error {
  override readonly name = "SparkError";
  readonly code: SparkErrorCode;

  constructor(code: SparkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A definition that the Spark job cannot carry out. The message names the part and the reason. */
export function notPortable(pipeline: string, part: string, reason: string): SparkError {
  return new SparkError("not-portable", `The pipeline ${pipeline} cannot run on Spark yet: ${part} has ${reason}.`);
}
