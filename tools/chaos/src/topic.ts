import { patchKafkajs } from "@tidemark/sources/kafkajs";
import { Kafka, logLevel } from "kafkajs";
import type { Places } from "./catch-up.js";

/** Of the topic, as the producer would make it too. */
export const partitions = 8;

/** Makes the topic of a run, whose records may be dated ahead of the clock, and which the broker compresses. */
export async function createTopic({ kafka, topic }: Omit<Places, "databaseUrl">, compression: string | null) {
  const { brokers, connection } = kafka;
  patchKafkajs();
  const admin = new Kafka({ brokers: [...brokers], ...connection, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const settings = {
      "retention.ms": "-1",
      "message.timestamp.after.max.ms": String(Number.MAX_SAFE_INTEGER),
      ...(compression !== null && { "compression.type": compression }),
    };
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] });
  } finally {
    await admin.disconnect();
  }
}
