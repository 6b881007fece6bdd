import { setTimeout as sleep } from "node:timers/promises";
import { patchKafkajs } from "@tidemark/sources/kafkajs";
import { Kafka, logLevel, type KafkaMessage } from "kafkajs";
import type { Places } from "./catch-up.js";
import { partitions } from "./topic.js";

/** Sends some records again to the next partition, as a producer whose retry goes elsewhere, or two that send the same. */
export interface Copier {
  /** How many records were sent again so far. */
  readonly copied: number;
  /** Resolves once nothing more is sent. */
  stop(): Promise<void>;
}

/** One in so many, copies among them: some records come to a third partition. */
const EACH = 10;
const RETRY_MS = 500;
/** Kafka may be away for good. */
const LEAVE_MS = 10_000;

const isCopied = ({ offset }: KafkaMessage) => Number(offset) % EACH === 0;

/** Begins at once, and goes on whatever happens to Kafka. A record may be copied more than once. */
export function startCopier({ kafka: { brokers, connection }, topic }: Omit<Places, "databaseUrl">): Copier {
  patchKafkajs();
  const kafka = new Kafka({ brokers: [...brokers], ...connection, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: "chaos-copier", retry: { restartOnFailure: async () => true } });
  const producer = kafka.producer();
  const stopping = new AbortController();
  /** By partition: a broker that was killed may have forgotten what the group has read. */
  const next = new Map<number, number>();
  let copied = 0;

  async function copy(partition: number, messages: readonly KafkaMessage[]): Promise<void> {
    const fresh = messages.filter(({ offset }) => Number(offset) >= (next.get(partition) ?? 0));
    const copies = fresh.filter(isCopied).map(({ key, value, timestamp }) => ({
      key,
      value,
      timestamp,
      partition: (partition + 1) % partitions,
    }));
    if (copies.length > 0 && !stopping.signal.aborted) await producer.send({ topic, messages: copies, acks: -1 });
    copied += copies.length;
    const last = fresh.at(-1);
    if (last !== undefined) next.set(partition, Number(last.offset) + 1);
  }

  async function begin(): Promise<void> {
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachBatch: ({ batch }) => copy(batch.partition, batch.messages) });
  }

  async function beginAnyway(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await begin();
        return;
      } catch {
        // Kafka is one of those that are killed.
        await sleep(RETRY_MS);
      }
    }
  }

  async function leave(): Promise<void> {
    await begun;
    await consumer.disconnect();
    await producer.disconnect();
  }

  const begun = beginAnyway();
  return {
    get copied() {
      return copied;
    },
    async stop() {
      stopping.abort();
      await Promise.race([leave().catch(() => undefined), sleep(LEAVE_MS, undefined, { ref: false })]);
    },
  };
}
