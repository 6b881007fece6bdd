import { createStream } from "@tidemark/socmed/scenario";
import { Kafka, logLevel, type Message, type Producer } from "kafkajs";
import { fillTopic } from "./backlog.js";
import type { BenchServers } from "./servers.js";
import type { Shape } from "./shapes.js";

const SEED = 1;
const START_MS = Date.UTC(2024, 1, 3, 17);
const RECORDS_PER_BATCH = 500;
/** The records' timestamps are years old: Kafka would delete them while the first run is under way. */
const FOR_EVER = [{ name: "retention.ms", value: "-1" }];
/** Of one turn, over all partitions; a turn's sends are under way together. */
const RECORDS_PER_TURN = 8_000;

/** Sends so many events of a shape to a new topic. */
export async function fillShape(servers: BenchServers, shape: Shape, events: number, topic: string): Promise<void> {
  if (shape.isKeyed) await fillTopic(servers, shape.scenario, events, topic, 0, shape.partitions);
  else await sendInTurns(servers, shape, events, topic);
}

/** Record `index` goes to partition `index % partitions`, as a producer without keys spreads them. */
async function sendInTurns(servers: BenchServers, shape: Shape, events: number, topic: string): Promise<void> {
  const { scenario, partitions, recordsPerBatch = RECORDS_PER_BATCH } = shape;
  const stream = createStream({ scenario, seed: SEED, startMs: START_MS });
  const kafka = new Kafka({ brokers: [...servers.kafkaBrokers], logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries: FOR_EVER }],
    });
    for (let from = 0; from < events; from += RECORDS_PER_TURN) {
      const queues: Message[][] = Array.from({ length: partitions }, () => []);
      for (let index = from; index < Math.min(from + RECORDS_PER_TURN, events); index += 1) {
        const { value, timestampMs } = stream.at(index);
        queues[index % partitions]?.push({ value: value && Buffer.from(value), timestamp: String(timestampMs) });
      }
      await Promise.all(
        queues.map((messages, partition) => sendOne(producer, topic, partition, messages, recordsPerBatch)),
      );
    }
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

/** In order: one request after the other, each with one batch. */
async function sendOne(
  producer: Producer,
  topic: string,
  partition: number,
  messages: readonly Message[],
  recordsPerBatch: number,
): Promise<void> {
  for (let at = 0; at < messages.length; at += recordsPerBatch) {
    const batch = messages.slice(at, at + recordsPerBatch).map((message) => ({ ...message, partition }));
    await producer.send({ topic, messages: batch, acks: -1 });
  }
}
