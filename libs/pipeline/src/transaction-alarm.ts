import type { HeldRecords } from "@tidemark/sources";
import { HeldByPartition } from "./held-by-partition.js";
import type { PipelineEvent, PipelineListener } from "./pipeline-event.js";

/** Records behind open transactions, over all partitions. */
export interface HeldSum {
  readonly records: number;
  /** When the oldest of the transactions was first seen, epoch ms. It may have begun before. */
  readonly sinceMs: number;
}

export function sumHeld(held: Iterable<HeldRecords>): HeldSum | undefined {
  let sum: HeldSum | undefined;
  for (const { from, to, sinceMs } of held) {
    sum = { records: (sum?.records ?? 0) + to - from, sinceMs: Math.min(sum?.sinceMs ?? sinceMs, sinceMs) };
  }
  return sum;
}

/** `12 records of partition 0 (from offset 30 on) stand behind a transaction that has been open since 2024-02-03T17:00:00Z`. */
export function describeHeld(held: readonly HeldRecords[]): string {
  const sum = sumHeld(held);
  if (sum === undefined) return "no records stand behind an open transaction";
  const places = held.map(({ partition, from }) => `partition ${partition} (from offset ${from} on)`);
  const named = places.length > 3 ? [...places.slice(0, 3), `${places.length - 3} more`] : places;
  const records = sum.records === 1 ? "1 record" : `${sum.records.toLocaleString("en-US")} records`;
  const since = new Date(sum.sinceMs).toISOString().replace(/\.\d+Z$/, "Z");
  return `${records} of ${named.join(", ")} ${sum.records === 1 ? "stands" : "stand"} behind a transaction that has been open since ${since} at least`;
}

/** A transaction that is open for so long is told: ordinary ones take less than a second. */
export const LONG_TRANSACTION_MS = 10_000;

export interface TransactionAlarm {
  on(event: PipelineEvent): void;
  stop(): void;
}

/** Tells when records stand behind a transaction that stays open, and when none does any more. */
export function createTransactionAlarm(emit: PipelineListener, afterMs = LONG_TRANSACTION_MS): TransactionAlarm {
  const held = new HeldByPartition();
  let isTold = false;
  let timer: NodeJS.Timeout | undefined;

  function end(): void {
    clearTimeout(timer);
    timer = undefined;
    if (isTold) emit({ type: "transaction-ended" });
    isTold = false;
  }

  function look(): void {
    timer = undefined;
    const sum = sumHeld(held.all.values());
    if (sum === undefined || isTold) return;
    const leftMs = sum.sinceMs + afterMs - Date.now();
    if (leftMs > 0) {
      timer = setTimeout(look, leftMs);
      timer.unref();
      return;
    }
    isTold = true;
    emit({ type: "transaction-open", held: [...held.all.values()] });
  }

  return {
    on(event) {
      held.on(event);
      if (event.type === "held-back" && timer === undefined) look();
      if ((event.type === "held-back-ended" || event.type === "revoked") && held.all.size === 0) end();
    },
    stop: () => clearTimeout(timer),
  };
}
