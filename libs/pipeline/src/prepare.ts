import { setTimeout as sleep } from "node:timers/promises";
import { createPatience, isOfConnectionPhase } from "@tidemark/sinks";
import { describeAddress, parseAddress } from "@tidemark/sinks/address";
import { readClusterId, type KafkaConnection } from "@tidemark/sources";
import { postgresRefused, postgresUnreachable } from "./errors.js";
import type { PipelineEvent, PipelineListener } from "./pipeline-event.js";

const firstRetryMs = 250;
const longestRetryMs = 5_000;
/** After so long without an answer, somebody is told what is waited for. */
const quietMs = 2_000;
/** Of failures of Kafka that say the same. Those of Postgres are all told, with their number. */
const toldEvery = 10;

export function isRetryable(error: unknown): error is Error {
  return error instanceof Error && "retryable" in error && error.retryable === true;
}

/** A Kafka and how to connect to it. */
export interface KafkaPlace {
  readonly brokers: readonly string[];
  readonly connection?: KafkaConnection;
}

/** Tells what is waited for, and ends the waiting. */
export interface Waiting {
  readonly emit: PipelineListener;
  readonly signal: AbortSignal;
}

/** Asks Kafka for the cluster's id, and waits as `askPostgres` does. Rejects with a SourceError where trying again cannot help. */
export function askClusterId({ brokers, ...options }: KafkaPlace, waiting: Waiting): Promise<string> {
  return askUntilAnswered(() => readClusterId(brokers, { ...options, signal: waiting.signal }), waiting, {
    mayPass: isRetryable,
    slow: { type: "waiting-for-server", server: "kafka", address: brokers.join(", ") },
    failed: ({ error, attempt }) => (attempt % toldEvery === 1 ? { type: "disconnected", error } : undefined),
    answered: () => ({ type: "reconnected" }),
  });
}

/**
 * Asks Postgres something, to the purpose that is given for people. A server that is away is waited for, however long: it may be
 * starting, or somebody else may have to start it. Rejects at once with PipelineError `postgres-unreachable` where it refuses the
 * login, with `postgres-refused` where it refuses what was asked, and with a SinkError.
 */
export async function askPostgres<T>(
  databaseUrl: string,
  purpose: string,
  ask: () => Promise<T>,
  waiting: Waiting,
): Promise<T> {
  const address = describeAddress(parseAddress(databaseUrl));
  const patience = createPatience();
  try {
    return await askUntilAnswered(ask, waiting, {
      mayPass: (error) => patience.allows(error),
      slow: { type: "waiting-for-server", server: "postgres", address },
      failed: ({ error, attempt, retryInMs }) => ({ type: "postgres-unavailable", error, attempt, retryInMs }),
      answered: (attempts) => ({ type: "postgres-available", attempts }),
    });
  } catch (error) {
    if (!(error instanceof Error) || !("severity" in error)) throw error;
    throw isOfConnectionPhase(error) ? postgresUnreachable(address, error) : postgresRefused(address, purpose, error);
  }
}

interface Failure {
  readonly error: Error;
  /** Counts the failures in a row that say the same. */
  readonly attempt: number;
  readonly retryInMs: number;
}

interface Question {
  readonly mayPass: (error: unknown) => error is Error;
  /** What is told where the first answer takes its time. */
  readonly slow: PipelineEvent;
  readonly failed: (failure: Failure) => PipelineEvent | undefined;
  readonly answered: (attempts: number) => PipelineEvent;
}

async function askUntilAnswered<T>(
  ask: () => Promise<T>,
  { emit, signal }: Waiting,
  { mayPass, slow, failed, answered }: Question,
): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  // Nobody listens any more once an answer has come.
  stopped.catch(() => {});
  let isTold = false;
  const tellSlow = setTimeout(() => {
    if (!isTold) emit(slow);
  }, quietMs);
  let said: string | undefined;
  let same = 0;
  try {
    for (let attempts = 1; ; attempts += 1) {
      signal.throwIfAborted();
      try {
        // A try may take long: another process may migrate, or the server may have gone silent.
        const answer = await Promise.race([ask(), stopped]);
        if (attempts > 1) emit(answered(attempts));
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!mayPass(error)) throw error;
        same = error.message === said ? same + 1 : 1;
        said = error.message;
        isTold = true;
        const retryInMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempts - 1, 10));
        const event = failed({ error, attempt: same, retryInMs });
        if (event !== undefined) emit(event);
        await sleep(retryInMs, undefined, { signal });
      }
    }
  } finally {
    clearTimeout(tellSlow);
  }
}
