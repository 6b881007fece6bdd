import { setTimeout as sleep } from "node:timers/promises";
import type { PipelineListener } from "@tidemark/pipeline";
import { isUnavailable, readDatabaseId } from "@tidemark/sinks";

const EVERY_MS = 2_000;

/**
 * Asks Postgres now and then whether it answers, since Spark's workers wait for it without a word: tells when it is away, and when
 * it is back. Resolves once the signal aborts.
 */
export async function watchPostgres(databaseUrl: string, emit: PipelineListener, signal: AbortSignal): Promise<void> {
  let attempt = 0;
  while (!signal.aborted) {
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      await readDatabaseId(databaseUrl);
      if (attempt > 0) emit({ type: "postgres-available", attempts: attempt });
      attempt = 0;
    } catch (error) {
      if (signal.aborted || !isUnavailable(error)) continue;
      attempt += 1;
      emit({ type: "postgres-unavailable", attempt, retryInMs: EVERY_MS, error });
    }
  }
}
