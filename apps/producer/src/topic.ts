import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "kafkajs";

const LEADER_POLL_MS = 50;
const LEADER_POLLS = 200;

export interface TopicState {
  /** How many partitions it has. */
  readonly partitions: number;
  readonly created: boolean;
}

/**
 * Makes sure that the topic is there. A new one keeps its records for ever (`retention.ms=-1`): a real Kafka would soon
 * delete records with an old timestamp otherwise. The broker's default replication applies.
 */
export async function ensureTopic(admin: Admin, topic: string, partitions: number): Promise<TopicState> {
  const existing = await admin.listTopics();
  const created =
    !existing.includes(topic) &&
    (await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, configEntries: [{ name: "retention.ms", value: "-1" }] }],
    }));
  if (created) await waitForLeaders(admin, topic);
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const found = topics.find(({ name }) => name === topic);
  if (found === undefined || found.partitions.length === 0) throw new Error(`topic ${topic} is not ready yet`);
  return { partitions: found.partitions.length, created };
}

/** A real Kafka tells of a new topic's leaders a moment before they know of it themselves: that is no outage to warn of. */
async function waitForLeaders(admin: Admin, topic: string): Promise<void> {
  for (let poll = 1; ; poll += 1) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      const isEarly = (error as { type?: unknown }).type === "NOT_LEADER_FOR_PARTITION";
      if (!isEarly || poll === LEADER_POLLS) throw error;
    }
    await sleep(LEADER_POLL_MS);
  }
}

/** The partitions that hold a record whose timestamp is `fromMs` (epoch ms) or later. */
export async function findPartitionsWithRecordsFrom(admin: Admin, topic: string, fromMs: number): Promise<number[]> {
  // In this order: records that come meanwhile don't make a partition look as if it had newer ones.
  const ends = await admin.fetchTopicOffsets(topic);
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, fromMs);
  const endOf = new Map(ends.map(({ partition, high }) => [partition, BigInt(high)]));
  return offsets
    .filter(({ partition, offset }) => BigInt(offset) < (endOf.get(partition) ?? 0n))
    .map(({ partition }) => partition)
    .sort((a, b) => a - b);
}
