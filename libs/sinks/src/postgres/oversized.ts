import type { PoolClient } from "pg";
import type { CommitAttempt } from "../checkpoint.js";
import { UNANSWERED } from "../errors.js";
import { isAnswer, isUnavailable } from "./availability.js";
import type { WriterLimits } from "./connection.js";
import { SessionStream } from "./session/session-stream.js";

/**
 * SQLSTATEs of limits that a smaller transaction may stay within: query_canceled (by statement_timeout), transaction_timeout,
 * insufficient_resources, out_of_memory (also of locks), configuration_limit_exceeded. Not disk_full and too_many_connections,
 * which do not depend on one transaction.
 */
const LIMIT_STATES = new Set(["57014", "25P04", "53000", "53200", "53400"]);
/** program_limit_exceeded */
const PROGRAM_LIMITS = "54";
/** The source file of the one that no size helps: the database has run out of transaction ids. */
const WRAPAROUND = "varsup.c";
/** When so many connections in a row break while the same rows are sent, it is likely that a proxy or the server breaks on them. */
const MOST_BROKEN = 3;
const MOST_PATIENCE = 64;

/** What a try is at: it makes day partitions, asks whether it may write, or sends the rows. */
export type AttemptPhase = "days" | "fence" | "rows";

/** What the tries of one checkpoint have shown about its size. */
export class AttemptHistory {
  #broken = 0;
  #patience = 1;

  /** The limits of the next try. */
  limitsOf(limits: WriterLimits): WriterLimits {
    if (this.#patience === 1) return limits;
    const { statementTimeoutMs, transactionTimeoutMs } = limits;
    return {
      ...limits,
      statementTimeoutMs: statementTimeoutMs * this.#patience,
      ...(transactionTimeoutMs !== undefined && { transactionTimeoutMs: transactionTimeoutMs * this.#patience }),
    };
  }

  /** Whether this failure in the phase shows that the checkpoint is too large. */
  isTooLarge(error: unknown, phase: AttemptPhase): error is Error {
    // Its first statement is as long for one record as for thousands.
    if (!(error instanceof Error) || phase === "fence") return false;
    const code = "code" in error ? String(error.code) : "";
    const isProgramLimit = code.startsWith(PROGRAM_LIMITS) && !("file" in error && error.file === WRAPAROUND);
    const isLimit = "severity" in error && (LIMIT_STATES.has(code) || isProgramLimit);
    if (isLimit || code === UNANSWERED) return true;
    this.#broken = phase === "rows" && isUnavailable(error) && !isAnswer(error) ? this.#broken + 1 : 0;
    return this.#broken >= MOST_BROKEN;
  }

  /** It could not be smaller: the next try has twice the time, up to 64 times that of the first. */
  giveMoreTime(): void {
    this.#patience = Math.min(this.#patience * 2, MOST_PATIENCE);
  }
}

/** What a connection has sent since now. */
export function watchSending({ connection }: PoolClient): CommitAttempt {
  const sent = () => (connection.stream instanceof SessionStream ? connection.stream.sentBytes : 0);
  const before = sent();
  return { sentBytes: () => sent() - before };
}
