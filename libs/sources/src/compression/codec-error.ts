/**
 * - `missing-codec`: the optional package that unpacks it is not installed
 * - `batch-too-large`: unpacked it is larger than the limit
 * - `broken-batch`: its bytes are no such compression
 */
export type CodecErrorCode = "missing-codec" | "batch-too-large" | "broken-batch";

/** Why a batch was not unpacked. A codec is given bytes alone; who knows where they lie adds it. */
export class CodecError extends Error {
  // By this name kafkajs knows that it need not fetch the batch again and again.
  override readonly name = "KafkaJSNotImplemented";
  readonly code: CodecErrorCode;
  partition: number | undefined;
  /** Of the batch's first record. */
  offset: number | undefined;

  constructor(code: CodecErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export function tooLarge(limit: number): CodecError {
  return new CodecError("batch-too-large", `is larger than ${limit} bytes when it is unpacked (maxBatchBytes)`);
}

export function broken(compression: string, cause: unknown): CodecError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CodecError("broken-batch", `cannot be unpacked by ${compression} (${reason})`, cause);
}
