/** Why a pipeline could not be run, as a literal: `switch` on it. */
export type PipelineErrorCode =
  "bad-options" | "postgres-unreachable" | "postgres-refused" | "other-owner" | "stopped" | "at-work";

/** What `runPipeline` throws or rejects with, beside the SinkError and SourceError of what it is made of. */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  readonly code: PipelineErrorCode;

  constructor(code: PipelineErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export function badOption(option: string, value: unknown, allowed: string): PipelineError {
  return new PipelineError(
    "bad-options",
    `${option} is ${JSON.stringify(value) ?? String(value)}; allowed: ${allowed}.`,
  );
}

export function otherOwner(
  { pipeline, topic, group }: { readonly pipeline: string; readonly topic: string; readonly group: string },
  partition: number,
  owner: string,
  times: number,
): PipelineError {
  return new PipelineError(
    "other-owner",
    `Partition ${partition} of "${topic}" was claimed ${times} times by ${owner}, while the group "${group}" assigns it to this consumer. ` +
      `Another consumer writes the tables of pipeline ${pipeline} in this database from outside of this group (it may read from another Kafka, ` +
      "whose cluster has the same id or none). End one of the two.",
  );
}

/** The server refuses the login. */
export function postgresUnreachable(address: string, cause: Error): PipelineError {
  return new PipelineError("postgres-unreachable", `Postgres at ${address} cannot be used (${cause.message}).`, cause);
}

/** The server refuses what was asked: its own words, and no SQL. */
export function postgresRefused(address: string, purpose: string, cause: Error): PipelineError {
  const { code, detail, hint } = cause as Error & Readonly<Record<"code" | "detail" | "hint", unknown>>;
  const more = [detail, hint].filter((text): text is string => typeof text === "string" && text !== "");
  const said = [`${cause.message} (${String(code)})`, ...more.map((text) => text.replace(/\.$/, ""))].join("; ");
  return new PipelineError("postgres-refused", `Postgres at ${address} refused to ${purpose}: ${said}.`, cause);
}

/** Something that may not happen while others read the topic. */
export function atWork(group: string, members: readonly string[]): PipelineError {
  return new PipelineError(
    "at-work",
    `Consumers of group ${group} are at work (${members.join("; ")}): stop them first. One that was killed counts for some seconds.`,
  );
}

export function stoppedEarly(pipeline: string): PipelineError {
  return new PipelineError("stopped", `Pipeline ${pipeline} was stopped before it had caught up.`);
}

/** A checkpoint could not be written as it was: the partition is claimed again, and its records are read once more. */
export class ReprocessError extends Error {
  override readonly name = "ReprocessError";
  readonly retryable = true;
}

export function refusedCheckpoint(refused: number, cause: unknown): ReprocessError {
  const rows = `${refused} row${refused === 1 ? "" : "s"}`;
  return new ReprocessError(`the database refused ${rows} of a checkpoint`, { cause });
}

export function takenCheckpoint(taken: number, cause: unknown): ReprocessError {
  const ids = `${taken} id${taken === 1 ? "" : "s"}`;
  return new ReprocessError(`other partitions have counted ${ids} of a checkpoint`, { cause });
}

export function dividedCheckpoint(records: number, cause: unknown): ReprocessError {
  return new ReprocessError(`a checkpoint of ${records} records was too large for the database`, { cause });
}
