import { installCodecs } from "./compression/install-codecs.js";
import { logBehind, logReplaced } from "./errors.js";
import { fingerprintOf, isSameRecord, type RecordFingerprint } from "./fingerprint.js";
import { askKafka, type ReadOptions } from "./kafkajs-admin.js";
import type { Broker, BrokerObserver, FetchedMessage } from "./kafkajs-broker.js";
import { typeOf } from "./kafkajs-errors.js";
import { parseOffset } from "./offset.js";

/** How far a partition has been read. */
export interface ReadPosition {
  readonly partition: number;
  readonly nextOffset: number;
  /** The newest record that was read; undefined: it is not known. */
  readonly lastRecord?: RecordFingerprint | undefined;
}

const READ_COMMITTED = 1;
const MAX_WAIT_MS = 500;

/**
 * Compares a topic with what was read of it before, without a consumer group: one request for each partition. A record that
 * retention or compaction has removed proves nothing.
 *
 * @throws SourceError `log-behind` and `log-replaced` where it is another log; `topic-missing`, `unreachable` (both retryable), and
 * what a connection or Kafka refuses
 */
export async function checkLog(
  brokers: readonly string[],
  topic: string,
  positions: readonly ReadPosition[],
  options: ReadOptions = {},
): Promise<void> {
  installCodecs();
  const leaders = new Map<number, Broker>();
  const observer: BrokerObserver = { listed: (partition, _, broker) => void leaders.set(partition, broker) };
  const ask = async (position: ReadPosition): Promise<void> => {
    const { partition, lastRecord } = position;
    const leader = leaders.get(partition);
    if (lastRecord === undefined || leader === undefined) return;
    const found = await readRecord(leader, topic, partition, lastRecord.offset);
    if (found !== undefined && !isSameRecord(found, lastRecord)) throw logReplaced(topic, partition, lastRecord, found);
  };
  await askKafka(
    { brokers, ...options },
    topic,
    async (admin) => {
      const ends = await admin.fetchTopicOffsets(topic);
      for (const { partition, nextOffset } of positions) {
        // Kafka never takes a partition from a topic.
        const end = parseOffset(ends.find((one) => one.partition === partition)?.high ?? "0");
        if (end < nextOffset) throw logBehind(topic, partition, nextOffset, end);
      }
      for (const position of positions) await ask(position);
    },
    observer,
  );
}

/** Undefined where no record has the offset. */
async function readRecord(
  leader: Broker,
  topic: string,
  partition: number,
  offset: number,
): Promise<RecordFingerprint | undefined> {
  const messages = await fetchBatch(leader, topic, partition, offset);
  const found = messages.find((message) => Number(message.offset) === offset);
  if (found === undefined || found.isControlRecord) return undefined;
  const { timestamp, key, value } = found;
  return fingerprintOf({ offset, timestampMs: Number(timestamp), key, value });
}

async function fetchBatch(
  leader: Broker,
  topic: string,
  partition: number,
  offset: number,
): Promise<readonly FetchedMessage[]> {
  try {
    const answer = await leader.fetch({
      maxWaitTime: MAX_WAIT_MS,
      minBytes: 1,
      isolationLevel: READ_COMMITTED,
      // Kafka gives a whole batch of a producer, however large.
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: 1 }] }],
    });
    return answer.responses.flatMap(({ partitions }) => partitions).flatMap(({ messages }) => messages);
  } catch (error) {
    // Retention has passed it.
    if (typeOf(error) === "OFFSET_OUT_OF_RANGE") return [];
    throw error;
  }
}
