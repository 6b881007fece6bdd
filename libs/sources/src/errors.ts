import type { RecordFingerprint } from "./fingerprint.js";

/**
 * - `topic-missing`: the topic does not exist (yet). Retryable.
 * - `unreachable`: no broker answered, or its host name is not known. Retryable.
 * - `wrong-protocol`: one side speaks TLS or SASL, and the other does not.
 * - `bad-certificate`: one side does not accept the certificate of the other.
 * - `bad-mechanism`: the broker does not offer the SASL mechanism.
 * - `bad-credentials`: the broker does not accept the user, the password or the token.
 * - `not-authorized`: the user may not read the topic, or not join the group.
 * - `refused`: Kafka answered, and retrying cannot help (its version of the protocol, a name that it does not take).
 * - `group-in-use`: the group has members that read another topic, read for another purpose, or are no sources of this library.
 * - `foreign-assignment`: the group assigned partitions that this source cannot read.
 * - `evicted`: the group has this source no longer as a member. Retryable.
 * - `group-loading`: the broker that coordinates the group loads it, as after a start, or it is just moving to another. Retryable.
 * - `clock-stepped`: the wall clock was set, or the machine slept; the group has to be joined again. Retryable.
 * - `log-behind`: the log ends below the offset to read from: another cluster, or a topic made anew.
 * - `log-replaced`: another record has the offset of the newest one that was read: the topic was made anew.
 * - `lost`: records were deleted upstream before they were read, and the source was not told to go on without them.
 * - `unsafe-offset`: an offset of 2^53 or more, which a number cannot hold.
 * - `broken-batch`: a batch holds more records than offsets, or cannot be unpacked.
 * - `batch-too-large`: a batch is larger than `maxBatchBytes` when it is unpacked.
 * - `missing-codec`: the optional package for the batch's compression is not installed.
 * - `invalid-options`: the source cannot run with these options.
 */
export type SourceErrorCode =
  | "topic-missing"
  | "unreachable"
  | "wrong-protocol"
  | "bad-certificate"
  | "bad-mechanism"
  | "bad-credentials"
  | "not-authorized"
  | "refused"
  | "group-in-use"
  | "foreign-assignment"
  | "evicted"
  | "group-loading"
  | "clock-stepped"
  | "log-behind"
  | "log-replaced"
  | "lost"
  | "unsafe-offset"
  | "broken-batch"
  | "batch-too-large"
  | "missing-codec"
  | "invalid-options";

export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly code: SourceErrorCode;
  /** True where the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: SourceErrorCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

export function topicMissing(topic: string, cause: unknown): SourceError {
  return new SourceError("topic-missing", `Kafka has no topic "${topic}": create it, or start what produces it`, {
    retryable: true,
    cause,
  });
}

export function unreachable(brokers: readonly string[], cause: unknown): SourceError {
  return new SourceError(
    "unreachable",
    `No Kafka broker answered at ${brokers.join(", ")} (${describeError(cause)}): check the addresses, and that it runs`,
    { retryable: true, cause },
  );
}

export function refused(brokers: readonly string[], cause: unknown): SourceError {
  return new SourceError("refused", `Kafka at ${brokers.join(", ")} cannot be read: ${describeError(cause)}`, {
    cause,
  });
}

/** `reading` says what this source reads; `others` names those that are in the group. */
export function groupInUse(group: string, reading: string, others: readonly string[], cause: unknown): SourceError {
  const who = others.length === 0 ? "another kind of consumer" : others.join("; ");
  return new SourceError(
    "group-in-use",
    `The consumer group "${group}" is in use by ${who}. This consumer reads ${reading}: in one group with others each would be given ` +
      "partitions that the other needs. Use another group here, or end the other",
    { cause },
  );
}

export function foreignAssignment(group: string, topic: string, found: string): SourceError {
  return new SourceError(
    "foreign-assignment",
    `The consumer group "${group}" assigned ${found} to this consumer, which reads topic "${topic}" alone: another kind of consumer ` +
      "shares out the partitions of this group. Use another group here, or end the other",
  );
}

export function evicted(group: string, others: readonly string[]): SourceError {
  const who = others.length === 0 ? "nobody" : others.join(", ");
  return new SourceError(
    "evicted",
    `The consumer group "${group}" no longer has this consumer as a member (it has ${who})`,
    { retryable: true },
  );
}

/** Positive where the wall clock went ahead of the time that has passed. */
export function clockStepped(byMs: number): SourceError {
  const seconds = (Math.abs(byMs) / 1_000).toFixed(1);
  const what = byMs > 0 ? `went ${seconds} s ahead (it was set, or the machine slept)` : `was set back by ${seconds} s`;
  return new SourceError("clock-stepped", `The clock of this machine ${what}`, { retryable: true });
}

export function logBehind(topic: string, partition: number, position: number, end: number): SourceError {
  return new SourceError(
    "log-behind",
    `Partition ${partition} of "${topic}" ends at offset ${end}, below ${position}, where reading was to go on: ` +
      "this is another cluster, or the topic was made anew; read from the old one, or begin with empty offsets",
  );
}

export function logReplaced(
  topic: string,
  partition: number,
  read: RecordFingerprint,
  found: RecordFingerprint,
): SourceError {
  const [then, now] = [read, found].map(({ timestampMs }) => showTime(timestampMs));
  const times = then === now ? "the same timestamp, another key or value" : `its timestamp was ${then}, and is ${now}`;
  return new SourceError(
    "log-replaced",
    `Offset ${read.offset} of partition ${partition} of "${topic}" holds another record than the one that was read there (${times}): ` +
      "the topic was made anew, or a broker has lost records that were read (an unclean leader election); nothing was taken from it",
  );
}

function showTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? `${epochMs} ms since 1970` : date.toISOString();
}

/** The offsets [from, to) are gone. */
export function lostRecords(topic: string, partition: number, from: number, to: number): SourceError {
  const which = to - from === 1 ? `Offset ${from}` : `Offsets ${from} to ${to - 1}`;
  return new SourceError(
    "lost",
    `${which} of partition ${partition} of "${topic}" (${to - from} in all) were deleted before they were read: ` +
      "Kafka's retention overtook the reader, or somebody deleted them; nothing was taken in their place",
  );
}

/** Whether the source ends because records are gone: then those before them, which a task holds, may be gone from the log too. */
export function isLoss(error: unknown): boolean {
  return error instanceof SourceError && error.code === "lost";
}

export function unsafeOffset(offset: string | number): SourceError {
  return new SourceError("unsafe-offset", `Offset ${offset} is not an integer from 0 to 2^53 - 1`);
}

export function brokenBatch(from: number, to: number, records: number): SourceError {
  return new SourceError("broken-batch", `A batch over the offsets ${from} to ${to} holds ${records} records`);
}

export function invalidOption(name: string, got: unknown, wanted: string): SourceError {
  return new SourceError("invalid-options", `${name} is ${JSON.stringify(got)}, but must be ${wanted}`);
}

/** The message of anything thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error says of itself that trying again may help. */
export function isRetryable(error: unknown): error is Error {
  return error instanceof Error && "retryable" in error && error.retryable === true;
}

/** Whether an error says that somebody else owns the partition now. */
export function isFenced(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "fenced";
}
