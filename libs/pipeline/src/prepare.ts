import { setTimeout as sleep } from "node:timers/promises";
import { isUnavailable, SinkError } from "@tidemark/sinks";
import { describeAddress, parseAddress } from "@tidemark/sinks/address";
import { readClusterId, SourceError, type KafkaConnection } from "@tidemark/sources";
import { PipelineError, type PipelineErrorCode } from "./errors.js";

const patienceMs = 15_000;
const retryMs = 250;

export function isRetryable(error: unknown): boolean {
  return error instanceof Error && "retryable" in error && error.retryable === true;
}

/** A Kafka and how to connect to it. */
export interface KafkaPlace {
  readonly brokers: readonly string[];
  readonly connection?: KafkaConnection;
}

/**
 * Asks Kafka for the cluster's id. Rejects as `askPostgres` does, and at once with a SourceError where trying again cannot
 * help.
 */
export function askClusterId({ brokers, ...options }: KafkaPlace, signal: AbortSignal): Promise<string> {
  // The source's own sentence says where, why, and what to check.
  return retryFor(
    () => readClusterId(brokers, { ...options, signal }),
    isRetryable,
    signal,
    "kafka-unreachable",
    (detail) => `${detail}.`,
  );
}

/**
 * Asks Postgres something. A server that is just starting is waited for, up to 15 s: an address that does not answer by
 * then counts as a wrong one, and rejects with PipelineError `postgres-unreachable`. A SinkError rejects at once.
 */
export function askPostgres<T>(databaseUrl: string, ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return retryFor(ask, isUnavailable, signal, "postgres-unreachable", (detail) => {
    return `Postgres at ${describeAddress(parseAddress(databaseUrl))} cannot be used (${detail}).`;
  });
}

async function retryFor<T>(
  work: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  signal: AbortSignal,
  code: PipelineErrorCode,
  describe: (detail: string) => string,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  // Nobody listens any more once an answer has come.
  stopped.catch(() => {});
  for (;;) {
    signal.throwIfAborted();
    try {
      // A try may take long: another process may migrate, or the server may have gone silent.
      return await Promise.race([work(), stopped]);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof SinkError || (cause instanceof SourceError && !cause.retryable)) throw cause;
      const detail =
        cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : String(cause);
      if (!mayPass(cause) || performance.now() > deadline) throw new PipelineError(code, describe(detail), cause);
    }
    await sleep(retryMs, undefined, { signal });
  }
}
