import { type Admin, Kafka, logLevel } from "kafkajs";
import { waitUntil } from "./processes.js";

export interface LogRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** null: a tombstone. */
  readonly value: string | null;
  readonly timestamp: number;
}

export function connect(address: string): Kafka {
  return new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
}

/** How many records the topic's partitions hold together; 0 while there is no topic, or Kafka is still making it. */
export async function countRecords(address: string, topic: string): Promise<number> {
  const admin = connect(address).admin();
  await admin.connect();
  try {
    return await countRecordsBy(admin, topic);
  } catch (error) {
    // A real Kafka knows a topic a moment before its partitions have their leader.
    if ((error as { type?: unknown }).type === "NOT_LEADER_FOR_PARTITION") return 0;
    throw error;
  } finally {
    await admin.disconnect();
  }
}

export async function countRecordsBy(admin: Admin, topic: string): Promise<number> {
  if (!(await admin.listTopics()).includes(topic)) return 0;
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.reduce((sum, { high }) => sum + Number(high), 0);
}

/** All the topic's records, by partition and offset. */
export async function readTopic(address: string, topic: string): Promise<LogRecord[]> {
  const total = await countRecords(address, topic);
  const records: LogRecord[] = [];
  const consumer = connect(address).consumer({ groupId: `reader-of-${topic}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { partition, messages } }) => {
      for (const { offset, key, value, timestamp } of messages) {
        records.push({
          partition,
          offset: Number(offset),
          key: key?.toString() ?? "",
          value: value?.toString("latin1") ?? null,
          timestamp: Number(timestamp),
        });
      }
    },
  });
  await waitUntil(
    () => records.length >= total,
    () => `${records.length} of ${total}`,
  );
  await consumer.disconnect();
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}
