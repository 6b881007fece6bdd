import { NO_KAFKA_CONNECTION } from "@tidemark/cli";
import { findFreePort } from "@tidemark/real-kafka";
import { startProxy } from "@tidemark/testkit/proxy";
import type { Places } from "./catch-up.js";
import { createConsumer, type Consumer } from "./consumer.js";
import { createCopyWatch } from "./copy-watch.js";
import type { Diary } from "./diary.js";
import type { Guard } from "./guard.js";
import type { Targets } from "./injector.js";
import { createKafkaServer } from "./kafka-server.js";
import type { ChaosOptions } from "./options.js";
import { startProcess, type OwnedProcess } from "./owned-process.js";
import { createPostgresServer } from "./postgres-server.js";
import { programOf } from "./programs.js";

/** All that takes part in a run. */
export interface Stage {
  readonly places: Places;
  readonly targets: Targets;
  startProducer(args: readonly string[], onLine: (line: string) => void): OwnedProcess;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly options: ChaosOptions;
  readonly directory: string;
  readonly guard: Guard;
  /** Whose consumer runs. */
  readonly consumerRoot: string;
  readonly signal: AbortSignal;
  readonly onLost: (server: "Kafka" | "Postgres") => void;
  readonly diary: Diary;
}

const topic = "socmed-events";

/**
 * Starts the servers, with proxies before them; consumers and producer are yet to be started. Throws RealKafkaError and
 * EmbeddedPostgresError where a server cannot be had, and leaves nothing then that its guard does not end.
 */
export async function setStage(stage: StageOptions): Promise<Stage> {
  const { options, directory, guard, consumerRoot, signal, onLost, diary } = stage;
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).toReversed()) await end();
  };
  try {
    // Not of the ports that a system gives to clients, one of whom might take it while its server is away.
    const port = await findFreePort(0);
    const kafkaProxy = await startProxy(port);
    closing.push(kafkaProxy.close);
    const kafka = await createKafkaServer(options.kafka, {
      directory,
      port,
      advertisedPort: kafkaProxy.port,
      guard,
      signal,
      onLost: () => onLost("Kafka"),
    });
    closing.push(kafka.close);
    const postgres = await createPostgresServer({
      directory,
      port: await findFreePort(port),
      binDir: options.postgresBinaries,
      guard,
      onLost: () => onLost("Postgres"),
    });
    closing.push(postgres.close);
    const { databaseUrl } = postgres;
    const copies = createCopyWatch(databaseUrl);
    closing.push(copies.close);
    const kafkaBroker = `127.0.0.1:${kafkaProxy.port}`;
    const consumers: Consumer[] = [];
    for (let number = 1; number <= options.consumers; number += 1) {
      const consumer = await createConsumer({
        number,
        root: consumerRoot,
        guard,
        kafkaBroker,
        databaseUrl,
        topic,
        onStart: diary.consumerStarted,
        onNote: diary.note,
        onSurprise: (end) => diary.surprise(number, end),
      });
      consumers.push(consumer);
      closing.push(consumer.postgres.close, async () => void (await consumer.kill()));
    }
    return {
      places: { brokers: [kafkaBroker], databaseUrl, topic },
      targets: { consumers, postgres, kafka, kafkaProxy, copies },
      startProducer(args, onLine) {
        const producer = startProcess([...programOf("apps/producer/src/main.ts"), ...args], {
          guard,
          env: { ...NO_KAFKA_CONNECTION, KAFKA_BROKERS: kafkaBroker, KAFKA_TOPIC: topic },
          onLine,
        });
        closing.push(async () => void producer.signal("SIGKILL"));
        return producer;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
