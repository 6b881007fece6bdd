export type EmbeddedKafkaErrorCode =
  "port-in-use" | "port-unusable" | "directory-locked" | "directory-unusable" | "disk-full";

/** Why a broker could not start. The message says what was wrong, where, and what to do. */
export class EmbeddedKafkaError extends Error {
  override readonly name = "EmbeddedKafkaError";
  readonly code: EmbeddedKafkaErrorCode;

  constructor(code: EmbeddedKafkaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A request that this broker does not understand; it ends the connection that sent it. */
export class MalformedRequestError extends Error {
  override readonly name = "MalformedRequestError";
  readonly code = "malformed-request";
}

/** Node's code of a failed system call ("ENOSPC"), or null for any other error. */
export function systemErrorCode(error: unknown): string | null {
  const isSystemError = error instanceof Error && "syscall" in error && "code" in error;
  return isSystemError && typeof error.code === "string" ? error.code : null;
}

/** What startBroker rejects with when the data directory could not be opened. */
export function directoryError(dataDir: string, cause: unknown): unknown {
  const code = systemErrorCode(cause);
  if (code === null) return cause;
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes(code)
    ? new EmbeddedKafkaError("disk-full", `No space left for the data in ${dataDir}: free some.`, { cause })
    : new EmbeddedKafkaError("directory-unusable", `Cannot read and write ${dataDir} (${code}): take another.`, {
        cause,
      });
}

/** Callers in JavaScript may leave it out. */
export function requireDataDir(options: { readonly dataDir?: unknown } | undefined): void {
  const dataDir = options?.dataDir;
  if (typeof dataDir === "string" && dataDir !== "") return;
  const problem = dataDir === undefined ? "dataDir is missing" : `dataDir is ${JSON.stringify(dataDir)}`;
  const message = `${problem}: give startBroker the directory to keep topics in, such as { dataDir: ".data/kafka" }.`;
  throw new EmbeddedKafkaError("directory-unusable", message);
}

/** What startBroker rejects with when it could not listen. */
export function listenError(address: string, cause: unknown): unknown {
  const code = cause instanceof RangeError ? "no such port" : systemErrorCode(cause);
  if (code === null) return cause;
  return code === "EADDRINUSE"
    ? new EmbeddedKafkaError("port-in-use", `${address} is taken: stop who listens, or take another port.`, { cause })
    : new EmbeddedKafkaError("port-unusable", `Cannot listen on ${address} (${code}): take another port.`, { cause });
}
