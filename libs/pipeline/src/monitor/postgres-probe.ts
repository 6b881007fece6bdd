import { setTimeout as sleep } from "node:timers/promises";
import { createProgressReader, type ProgressReader } from "@tidemark/sinks";

/** Asks Postgres whether it answers, while the pipeline itself has no reason to ask. */
export interface PostgresProbe {
  /** Resolves to what is wrong, or undefined. Questions that come together are one. */
  ask(): Promise<string | undefined>;
  close(): Promise<void>;
}

const patienceMs = 2_000;

export function createPostgresProbe(
  databaseUrl: string,
  place: { readonly pipeline: string; readonly topic: string },
): PostgresProbe {
  let reader: ProgressReader | undefined;
  let asking: Promise<string | undefined> | undefined;

  async function close(): Promise<void> {
    const closing = reader;
    reader = undefined;
    await closing?.close();
  }

  async function ask(): Promise<string | undefined> {
    reader ??= createProgressReader(databaseUrl, place);
    const answer = reader.read().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const late = sleep(patienceMs, `no answer within ${patienceMs} ms`, { ref: false });
    const trouble = await Promise.race([answer, late]);
    // A connection that went silent never says more.
    if (trouble !== undefined) await close();
    return trouble;
  }

  return {
    ask() {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    close,
  };
}
