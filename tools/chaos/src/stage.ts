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
import { createSecrets, type Secrets } from "./secrets.js";
import { createTopic } from "./topic.js";

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
    const secrets = options.secured ? createSecrets(directory) : undefined;
    const port = await findFreePort(0);
    const kafkaProxy = await startProxy(port);
    closing.push(kafkaProxy.close);
    const broker = await createKafkaServer(options.kafka, {
      directory,
      port,
      advertisedPort: kafkaProxy.port,
      secrets,
      guard,
      signal,
      onLost: () => onLost("Kafka"),
    });
    closing.push(broker.close);
    const consumers: Consumer[] = [];
    const ports = [await findFreePort(port), 0] as [number, number];
    ports[1] = await findFreePort(port, ports[0]);
    // Of this process itself: whichever server takes writes.
    const postgresProxy = await startProxy(ports[0]);
    closing.push(postgresProxy.close);
    const postgres = await createPostgresServer({
      directory,
      ports,
      binDir: options.postgresBinaries,
      secrets,
      guard,
      onLost: () => onLost("Postgres"),
      onFailOver: (to) =>
        [postgresProxy, ...consumers.map((each) => each.postgres)].forEach((each) => each.pointTo(to)),
    });
    closing.push(postgres.close);
    if (options.failoverEveryMs !== null) await postgres.follow();
    const copies = createCopyWatch(postgresProxy.through(postgres.databaseUrl));
    closing.push(copies.close);
    const databaseUrl = secure(postgresProxy.through(postgres.databaseUrl), secrets);
    const kafka = { brokers: [`127.0.0.1:${kafkaProxy.port}`], connection: secrets?.connection };
    const kafkaVariables = {
      ...NO_KAFKA_CONNECTION,
      ...secrets?.kafkaVariables,
      KAFKA_BROKERS: kafka.brokers.join(","),
    };
    if (options.compression !== null || options.speed > 1 || options.copies)
      await createTopic({ kafka, topic }, options.compression);
    for (let number = 1; number <= options.consumers; number += 1) {
      const consumer = await createConsumer({
        number,
        root: consumerRoot,
        guard,
        kafka: kafkaVariables,
        settings: settingsOf(options),
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
      places: { kafka, databaseUrl, topic },
      targets: { consumers, postgres, kafka: broker, kafkaProxy, copies },
      startProducer(args, onLine) {
        const producer = startProcess([...programOf("apps/producer/src/main.ts"), ...args], {
          guard,
          env: { ...kafkaVariables, KAFKA_TOPIC: topic },
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

/** The consumers' variables. */
function settingsOf({ retentionDays, copies, quietAfterMs }: ChaosOptions): Record<string, string> {
  return {
    ...(retentionDays !== null && { RETENTION_DAYS: String(retentionDays) }),
    ...(copies && { ID_SCOPE: "topic" }),
    ...(quietAfterMs !== null && { QUIET_AFTER: `${quietAfterMs}ms` }),
  };
}

/** The address, with all that TLS can check. */
function secure(databaseUrl: string, secrets: Secrets | undefined): string {
  if (secrets === undefined) return databaseUrl;
  const query = new URLSearchParams({
    sslmode: "verify-full",
    sslrootcert: secrets.authority,
    channel_binding: "require",
  });
  return `${databaseUrl}?${query}`;
}
