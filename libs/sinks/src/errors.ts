/** What went wrong in the sink, as a literal: `switch` on it. */
export type SinkErrorCode =
  | "fenced"
  | "refused-group"
  | "refused-cluster"
  | "refused-definition"
  | "invalid-address"
  | "unmigrated"
  | "unencodable"
  | "closed";

export class SinkError extends Error {
  readonly code: SinkErrorCode;

  constructor(code: SinkErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SinkError";
    this.code = code;
  }
}

export function fenced(topic: string, partition: number, epoch: number): SinkError {
  return new SinkError(
    "fenced",
    `${topic}[${partition}] is no longer owned by epoch ${epoch}: another consumer has claimed it, or this commit had already succeeded. Claim it again.`,
  );
}

/** The three refusals of an identity that differs from the one stored with the checkpoints. */
export function refused(
  what: "group" | "cluster" | "definition",
  topic: string,
  stored: string,
  given: string,
): SinkError {
  const described = {
    group: "were written by the consumer group",
    cluster: "were written from the Kafka cluster",
    definition: "were written with the pipeline definition",
  }[what];
  const advice = {
    group: `Use that group (KAFKA_GROUP=${stored})`,
    cluster: "Point KAFKA_BROKERS at that cluster",
    definition: "Use that definition (WATERMARK_DELAY, ALLOWED_LATENESS, MAX_FUTURE_SKEW)",
  }[what];
  return new SinkError(
    `refused-${what}`,
    `The tables of topic ${topic} ${described} ${stored}, not ${given}. ${advice}, or begin anew with another database or TIDEMARK_DIR.`,
  );
}

export function invalidAddress(detail: string, cause?: unknown): SinkError {
  return new SinkError(
    "invalid-address",
    `DATABASE_URL ${detail}; it takes postgresql://user:password@host:5432/database.`,
    cause,
  );
}

export function unmigrated(role: string, cause: unknown): SinkError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new SinkError(
    "unmigrated",
    `The database has not the tables of this version, and role ${role} may not make or see them (${detail}). Migrate it as their owner, and grant this role its rights again (createRoles of @tidemark/sinks).`,
    cause,
  );
}

export function unencodable(column: string, type: string, value: unknown): SinkError {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
  return new SinkError("unencodable", `Column ${column} (${type}) cannot hold ${shown}.`);
}

/** What Postgres answers where a CHECK of the checkpoint row fails: a bug of ours, and nothing is written. */
export function brokenLedger(constraint: "ledger_read" | "ledger_offsets"): Error {
  const message = `new row for relation "checkpoints" violates check constraint "${constraint}"`;
  return Object.assign(new Error(message), { code: "23514", constraint });
}

export function sinkClosed(): SinkError {
  return new SinkError("closed", "The sink was closed while it waited for Postgres.");
}

/** Not a SinkError: as with any broken connection, what was asked is asked again. */
export function unanswered(ms: number): Error {
  return new Error(`Postgres did not end a transaction within ${ms / 1000} s`);
}

/** Not a SinkError either: nothing was written, so it can be tried again. */
export function uncommitted(answer = "nothing"): Error {
  return new Error(`Postgres answered COMMIT with ${answer}: the transaction was rolled back`);
}
