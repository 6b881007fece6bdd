import type { SinkPipeline } from "../sink-pipeline.js";
import { runAtOnce, withConnection } from "./connection.js";
import { lockMerging, mergeStatements, type MergeOutcome } from "./merge-sql.js";

export interface MergeOptions {
  readonly databaseUrl: string;
  readonly pipeline: SinkPipeline;
  readonly topic: string;
  /** About how many rows of partitions one transaction looks at; default 20,000. */
  readonly mostRows?: number;
}

export interface MergedRows {
  /** Rows of partitions that were taken away. */
  readonly parts: number;
  /** Rows that hold their windows now. */
  readonly rows: number;
  /** False: another session was at it, or rebuilds partitions. */
  readonly isDone: boolean;
}

/** Nobody waits for it but a rebuild: readers see the rows of before until its commit. */
const limits = { statementTimeoutMs: 60_000, lockTimeoutMs: 1_000, idleInTransactionTimeoutMs: 0 };
const TIMEOUT_MS = 90_000;
const MOST_ROWS = 20_000;
// lock_not_available, deadlock_detected
const BUSY_STATES = new Set(["55P03", "40P01"]);

/**
 * Merges windows that are closed in all partitions of the topic: of each window and combination of keys the rows of the partitions
 * become one row, whose partition is `MERGED_PARTITION`. Figures over all partitions stay what they were, to the bit. Each statement is
 * a transaction of its own, so that it may be killed anywhere, run anew, and run beside others and beside commits. Knows no clock.
 *
 * Rejects with Postgres's own error; soon after `signal` aborts.
 */
export async function mergeWindows(options: MergeOptions, signal?: AbortSignal): Promise<MergedRows> {
  const { databaseUrl, pipeline, topic, mostRows = MOST_ROWS } = options;
  // Compiling the statement takes longer than running it.
  const before = `SET LOCAL jit = off;\n${lockMerging(pipeline.data.name, topic)}`;
  let parts = 0;
  let rows = 0;
  const merge = async (client: Parameters<typeof runAtOnce>[0]): Promise<void> => {
    for (const { text } of mergeStatements(pipeline, topic, mostRows)) {
      let outcome: MergeOutcome | undefined;
      do {
        [outcome] = await runAtOnce<MergeOutcome>(client, limits, `${before};\n${text}`);
        parts += outcome?.parts ?? 0;
        rows += outcome?.rows ?? 0;
      } while (outcome?.has_more === true);
    }
  };
  try {
    await withConnection(databaseUrl, merge, { timeoutMs: TIMEOUT_MS, signal });
    return { parts, rows, isDone: true };
  } catch (error) {
    if (error instanceof Error && "code" in error && BUSY_STATES.has(String(error.code)))
      return { parts, rows, isDone: false };
    throw error;
  }
}
