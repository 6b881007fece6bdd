import { setTimeout as sleep } from "node:timers/promises";
import { SinkError, sinkClosed } from "../errors.js";
import type { Blocker } from "./backend-watch.js";
import { isOfConnectionPhase } from "./session/connection-phase.js";
import { ruleFor, type Wait } from "./sql-states.js";

/** What the sink says while it waits; `available` follows once for each run of `unavailable`. */
export type SinkEvent =
  | { readonly kind: "unavailable"; readonly attempt: number; readonly retryInMs: number; readonly error: Error }
  | { readonly kind: "available"; readonly attempts: number }
  /** A claim waits for other sessions, which hold the partition's checkpoint row. */
  | { readonly kind: "blocked"; readonly partition: number; readonly blockers: readonly Blocker[] }
  | { readonly kind: "terminated-blocker"; readonly partition: number; readonly pids: readonly number[] };

const firstDelayMs = 50;
const longestDelayMs = 5_000;
/** After so long without anything but internal errors, in ms, the server's message is a better answer than another try. */
const INTERNAL_ERROR_LIMIT_MS = 300_000;
const sqlState = /^[0-9A-Z]{5}$/;

/** What an error says that a server reported itself; undefined for any other error. */
function ruleOf(error: unknown): ReturnType<typeof ruleFor> | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  // A pooler may leave out the field that postgres.js takes the severity from.
  if (!("severity" in error || "severity_local" in error) || !sqlState.test(error.code)) return undefined;
  const file = "file" in error && typeof error.file === "string" ? error.file : undefined;
  return ruleFor(error.code, isOfConnectionPhase(error) ? "connection" : "session", file);
}

/** How long it makes sense to wait for the error to pass: the server or the way to it is at fault, not what was asked. */
function waitFor(error: unknown): Wait {
  if (!(error instanceof Error)) return "never";
  // A standby may become the primary that is wanted.
  if (error instanceof SinkError) return error.code === "wrong-server" ? "long" : "never";
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return "never";
  return ruleOf(error)?.wait ?? "long";
}

/** Whether trying again later may help. */
export function isUnavailable(error: unknown): error is Error {
  return waitFor(error) !== "never";
}

/**
 * Whether a server at work said this, such as a time-out of a lock or statement. Not where it is starting, stopping, out of
 * room, or not the one that is wanted.
 */
export function isAnswer(error: unknown): boolean {
  return ruleOf(error)?.isAtWork ?? false;
}

/** Whether the server takes no writes: it is a standby, or read-only. So are all other connections to it. */
export function isReadOnlyServer(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "25006";
}

/** Decides about the failures of one piece of work, for as long as it has not succeeded. */
export interface Patience {
  /** Whether to try again after this error. */
  allows(error: unknown): error is Error;
}

/** `internalErrorLimitMs`: for so long internal errors in a row count as temporary; default 5 minutes. */
export function createPatience(internalErrorLimitMs = INTERNAL_ERROR_LIMIT_MS): Patience {
  let sinceMs: number | undefined;
  return {
    allows(error): error is Error {
      const wait = waitFor(error);
      if (wait !== "briefly") {
        sinceMs = undefined;
        return wait === "long";
      }
      sinceMs ??= performance.now();
      return performance.now() - sinceMs <= internalErrorLimitMs;
    },
  };
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
 * reject at once, and so do internal errors that do not pass; an abort rejects with SinkError `closed`.
 */
export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onEvent: (event: SinkEvent) => void,
  patience = createPatience(),
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) throw sinkClosed();
    try {
      const result = await work();
      if (attempt > 1) onEvent({ kind: "available", attempts: attempt });
      return result;
    } catch (error) {
      if (signal.aborted) throw sinkClosed();
      if (!patience.allows(error)) throw error;
      const retryInMs = Math.ceil(Math.random() * Math.min(longestDelayMs, firstDelayMs * 2 ** attempt));
      onEvent({ kind: "unavailable", attempt, retryInMs, error });
      await sleep(retryInMs, undefined, { signal }).catch(() => {
        throw sinkClosed();
      });
    }
  }
}
