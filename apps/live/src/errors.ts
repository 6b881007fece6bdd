export type LiveErrorCode = "CANNOT_LISTEN" | "CANNOT_READ" | "NO_ANSWER" | "WRONG_CHOICE";

/** The message is a sentence for whoever asked, and holds no password. */
export class LiveError extends Error {
  override readonly name = "LiveError";
  readonly code: LiveErrorCode;

  constructor(code: LiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function cannotListen(host: string, port: number, cause: Error): LiveError {
  const isTaken = "code" in cause && cause.code === "EADDRINUSE";
  const why = isTaken ? "somebody else listens there already" : cause.message;
  return new LiveError(
    "CANNOT_LISTEN",
    `LIVE_PORT ${port} on ${host} cannot be used (${why}): choose another, or 0 for any that is free.`,
    { cause },
  );
}

/** No waiting helps: the address, or what it names, has to be changed first. */
export function cannotRead(cause: Error): LiveError {
  const reason = cause.message.replace(/\.$/, "");
  return new LiveError("CANNOT_READ", `Postgres cannot be read: ${reason}. Check DATABASE_URL.`, { cause });
}

export const noAnswer = (ms: number): LiveError =>
  new LiveError("NO_ANSWER", `Postgres did not answer within ${ms / 1000} s`);

export const wrongChoice = (problem: string): LiveError => new LiveError("WRONG_CHOICE", problem);
