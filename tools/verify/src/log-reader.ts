import { randomUUID } from "node:crypto";
import type { Batch, Consumer, EachBatchPayload, Kafka } from "kafkajs";
import { createBatchQueue } from "./batch-queue.js";
import { logBeginsLater } from "./errors.js";
import { createKafka, judge, readLogRanges, type KafkaPlace } from "./kafka-client.js";

/** One record as it lies in the log. */
export interface ReadRecord {
  readonly offset: number;
  /** -1: it has none. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Uint8Array | null;
}

/** All of [from, to) of a partition: its records, in offset order. Offsets without one are markers, aborted or compacted. */
export interface LogBatch {
  readonly partition: number;
  readonly records: readonly ReadRecord[];
  readonly from: number;
  readonly to: number;
}

export interface ReadRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** What one fetch covers, markers included. */
interface Fetched {
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** What the fetch asked for; null where kafkajs doesn't tell. */
  readonly askedFrom: number | null;
  readonly records: readonly ReadRecord[];
}

const queuedBatches = 4;
const heartbeatMs = 3_000;

/**
 * Reads ranges one after another, in one consumer group of its own that commits nothing and is deleted at the end. Empty
 * ranges give no batch. At most a few batches wait to be taken.
 *
 * The iteration throws CannotVerifyError `kafka-unreachable`, or `log-begins-later` where the log is cut while it is read,
 * and the signal's reason.
 */
export async function* readLog(
  place: KafkaPlace,
  topic: string,
  ranges: readonly ReadRange[],
  signal?: AbortSignal,
): AsyncGenerator<LogBatch> {
  const left = ranges.filter(({ from, to }) => from < to);
  if (left.length === 0) return;
  const kafka = createKafka(place);
  const groupId = `tidemark-verify-${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    heartbeatInterval: heartbeatMs,
    maxBytesPerPartition: 1 << 20,
    maxWaitTimeInMs: 200,
    retry: { retries: 5, restartOnFailure: () => Promise.resolve(false) },
  });
  const queue = createBatchQueue<LogBatch>(queuedBatches);
  const stop = () => queue.fail(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  let starting: Promise<void> | undefined;
  try {
    signal?.throwIfAborted();
    starting = startReading(consumer, { place, topic, left, queue }).catch(queue.fail);
    yield* queue;
  } catch (error) {
    signal?.throwIfAborted();
    throw await judge(error, place, topic, groupId);
  } finally {
    signal?.removeEventListener("abort", stop);
    queue.end();
    // A member that is about to join would do so after it has left.
    await starting;
    await consumer.disconnect().catch(() => undefined);
    await deleteGroup(kafka, groupId);
  }
}

interface Reading {
  readonly place: KafkaPlace;
  readonly topic: string;
  readonly left: readonly ReadRange[];
  readonly queue: ReturnType<typeof createBatchQueue<LogBatch>>;
}

async function startReading(consumer: Consumer, { place, topic, left, queue }: Reading): Promise<void> {
  let at = 0;
  let next = left[0]?.from ?? 0;
  let sought = false;
  let assigned: readonly number[] = [];

  /** Fetch the current partition from `next` on, and no other. */
  function steer(): void {
    const current = left[at]?.partition;
    const others = assigned.filter((partition) => partition !== current);
    if (others.length > 0) consumer.pause([{ topic, partitions: others }]);
    if (current === undefined) return;
    consumer.seek({ topic, partition: current, offset: String(next) });
    consumer.resume([{ topic, partitions: [current] }]);
  }

  /** Whether the batch goes on where the last one ended. Where it begins above that, the gap has to be proven first. */
  async function fits(fetched: Fetched): Promise<boolean> {
    const { firstOffset, lastOffset, askedFrom } = fetched;
    if (lastOffset < next) return false;
    if (firstOffset <= next || (askedFrom ?? (sought ? next : firstOffset)) <= next) return true;
    // kafkajs goes to the log's start without a word when it is sent below it.
    const range = (await readLogRanges(place, topic)).ranges.find(({ partition }) => partition === fetched.partition);
    if (range !== undefined && range.start > next) {
      throw logBeginsLater(topic, fetched.partition, { logStart: range.start, startOffset: next, lost: 0 });
    }
    sought = true;
    steer();
    return false;
  }

  async function take(fetched: Fetched): Promise<void> {
    const range = left[at];
    if (range === undefined || range.partition !== fetched.partition || !(await fits(fetched))) return;
    sought = false;
    const to = Math.min(fetched.lastOffset + 1, range.to);
    const from = next;
    const records = fetched.records.filter(({ offset }) => offset >= from && offset < to);
    next = to;
    queue.push({ partition: range.partition, records, from, to });
    if (to < range.to) return;
    at += 1;
    next = left[at]?.from ?? 0;
    if (at === left.length) queue.end();
    steer();
  }

  consumer.on(consumer.events.CRASH, ({ payload }) => queue.fail(payload.error));
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned = payload.memberAssignment[topic] ?? [];
    steer();
  });
  // A batch without records skips eachBatch; only this tells of it.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize > 0) return;
    const lastOffset = Number(payload.lastOffset);
    const firstOffset = payload.firstOffset === null ? lastOffset : Number(payload.firstOffset);
    const askedFrom = payload.firstOffset === null ? lastOffset : null;
    take({ partition: payload.partition, firstOffset, lastOffset, askedFrom, records: [] }).catch(queue.fail);
  });

  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch, heartbeat }: EachBatchPayload) {
      try {
        await take(convert(batch));
      } catch (error) {
        queue.fail(error);
      }
      while (!(await queue.roomWithin(heartbeatMs))) await heartbeat();
    },
  });
}

function convert(batch: Batch & { readonly fetchedOffset?: unknown }): Fetched {
  const lastOffset = Number(batch.lastOffset());
  return {
    partition: batch.partition,
    firstOffset: Number(batch.firstOffset() ?? lastOffset),
    lastOffset,
    askedFrom: batch.fetchedOffset === undefined ? null : Number(batch.fetchedOffset),
    records: batch.messages.map(({ offset, timestamp, key, value }) => ({
      offset: Number(offset),
      timestampMs: Number(timestamp),
      key,
      value,
    })),
  };
}

/** So that nothing of the reading is left in Kafka. Where that is refused, the empty group runs out by itself. */
async function deleteGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // Kafka forgets an empty group by itself.
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
