import { setTimeout as sleep } from "node:timers/promises";
import { SinkError, sinkClosed } from "../errors.js";

/** What the sink says while it waits; `available` follows once for each run of `unavailable`. */
export type SinkEvent =
  | { readonly kind: "unavailable"; readonly attempt: number; readonly retryInMs: number; readonly error: Error }
  | { readonly kind: "available"; readonly attempts: number }
  | { readonly kind: "terminated-blocker"; readonly partition: number; readonly pids: readonly number[] };

const firstDelayMs = 50;
const longestDelayMs = 5_000;

// Classes of SQLSTATE that pass by themselves: connection exception, transaction rollback (deadlock, serialization),
// insufficient resources (connections, disk, memory), operator intervention (restart, cancelled by a timeout).
const passingClasses = new Set(["08", "40", "53", "57"]);
// lock_not_available, idle_in_transaction_session_timeout, in_failed_sql_transaction, read_only_sql_transaction (failover)
const passingStates = new Set(["55P03", "25P03", "25P02", "25006"]);
const sqlState = /^[0-9A-Z]{5}$/;

/**
 * "lost connection to parallel worker": what a query says that had some when the server was killed. Its SQLSTATE is that of
 * refusals too.
 */
function isLostWorker(error: Error): boolean {
  return "code" in error && error.code === "55000" && "file" in error && error.file === "parallel.c";
}

/** "insufficient data left in message" and its like: what was sent is wrong, and not the connection. */
function isMisread(error: Error): boolean {
  return "code" in error && error.code === "08P01" && "file" in error && error.file === "pqformat.c";
}

/** Whether trying again later may help: the server or the way to it is at fault, not what was asked. */
export function isUnavailable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  // A standby may become the primary that is wanted.
  if (error instanceof SinkError) return error.code === "wrong-server";
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (isMisread(error)) return false;
  if (sqlState.test(code) && "severity" in error)
    return passingClasses.has(code.slice(0, 2)) || passingStates.has(code) || isLostWorker(error);
  return true;
}

/**
 * Whether a server at work said this, such as a time-out of a lock or statement. Not where it is starting, stopping or out of
 * room: classes 08, 53, 57P.
 */
export function isAnswer(error: unknown): boolean {
  if (!(error instanceof Error) || !("severity" in error && "code" in error)) return false;
  const code = String(error.code);
  return sqlState.test(code) && !/^(08|53|57P)/.test(code);
}

/** Whether a row belongs into a partition that is not there. Broken CHECKs have the same SQLSTATE, and a name. */
export function isMissingPartition(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "23514" &&
    (!("constraint" in error) || error.constraint === undefined)
  );
}

/**
 * Runs `work` until it succeeds, backing off from 50 ms to 5 s with full jitter while Postgres is away. Other errors
 * reject at once; an abort rejects with SinkError `closed`.
 */
export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onEvent: (event: SinkEvent) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) throw sinkClosed();
    try {
      const result = await work();
      if (attempt > 1) onEvent({ kind: "available", attempts: attempt });
      return result;
    } catch (error) {
      if (signal.aborted) throw sinkClosed();
      if (!isUnavailable(error)) throw error;
      const retryInMs = Math.ceil(Math.random() * Math.min(longestDelayMs, firstDelayMs * 2 ** attempt));
      onEvent({ kind: "unavailable", attempt, retryInMs, error });
      await sleep(retryInMs, undefined, { signal }).catch(() => {
        throw sinkClosed();
      });
    }
  }
}
