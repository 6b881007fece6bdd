import { setTimeout as sleep } from "node:timers/promises";
import { createProgressReader, type PartitionProgress } from "@tidemark/sinks";
import { socmedData } from "@tidemark/socmed/tables";
import { readOffsets, type KafkaConnection } from "@tidemark/sources";

/** How far the tables are. */
export interface Standing {
  /** Offsets that are in the tables, of all partitions. */
  readonly committed: number;
  /** Of the log. */
  readonly end: number;
  readonly caughtUp: boolean;
}

export interface Places {
  readonly kafka: {
    readonly brokers: readonly string[];
    /** TLS and SASL; undefined: neither. */
    readonly connection?: KafkaConnection | undefined;
  };
  readonly databaseUrl: string;
  readonly topic: string;
}

/** Now; undefined where a server does not answer. */
export async function lookAt({ kafka, databaseUrl, topic }: Places): Promise<Standing | undefined> {
  const reader = createProgressReader(databaseUrl, { pipeline: socmedData.name, topic });
  try {
    const [rows, ends] = await Promise.all([reader.read(), readOffsets(kafka.brokers, topic, kafka)]);
    const next = new Map(rows.map(({ partition, nextOffset }: PartitionProgress) => [partition, nextOffset]));
    return {
      committed: rows.reduce((sum, { nextOffset }) => sum + nextOffset, 0),
      end: ends.reduce((sum, { end }) => sum + end, 0),
      caughtUp: ends.every(({ partition, start, end }) => (next.get(partition) ?? start) >= end),
    };
  } catch {
    return undefined;
  } finally {
    await reader.close();
  }
}

const lookEveryMs = 250;
/** A round begins even where the tables are behind by then. */
const patienceMs = 30_000;

/** Resolves once the tables are no more than so many records behind the log, or after 30 s. */
export async function waitUntilNear(places: Places, records: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const now = await lookAt(places);
    if (now !== undefined && now.committed > 0 && now.end - now.committed <= records) return;
    await sleep(lookEveryMs, undefined, { signal });
  }
}

/** Long beside all that may hold up: a session timeout, a rebalance, the longest back-off. */
const stuckAfterMs = 120_000;

/**
 * Resolves to true once the producer has sent all and the tables have reached the log's end; to false where neither has
 * moved for two minutes. Rejects with the signal's reason.
 */
export async function waitUntilCaughtUp(
  places: Places,
  producerHasEnded: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  let movedAt = performance.now();
  let before: Standing | undefined;
  for (;;) {
    // Asked first: what it sent is in the log then.
    const complete = producerHasEnded();
    const now = await lookAt(places);
    if (complete && now?.caughtUp === true) return true;
    if (now !== undefined && (now.committed !== before?.committed || now.end !== before.end)) {
      movedAt = performance.now();
      before = now;
    }
    if (performance.now() - movedAt > stuckAfterMs) return false;
    await sleep(lookEveryMs, undefined, { signal });
  }
}
