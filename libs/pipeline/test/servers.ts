import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker, type Broker } from "@tidemark/embedded-kafka";
import { startPostgres } from "@tidemark/embedded-postgres";
import { Kafka, logLevel } from "kafkajs";
import postgres, { type Sql } from "postgres";

/** An embedded Kafka and a real Postgres for one test file. */
export interface TestServers {
  readonly broker: Broker;
  /** A new database, by its address. */
  createDatabase(): Promise<string>;
  /** Postgres again, on the same port, with other settings of its own. */
  restartPostgres(settings: Settings): Promise<void>;
  close(): Promise<void>;
}

type Settings = Readonly<Record<string, string>>;

/** `settings` are Postgres's own, for a server that is short of something. */
export async function startServers(settings: Settings = {}): Promise<TestServers> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-pipeline-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const broker = await startBroker({ dataDir: join(directory, "kafka") });
  const start = (own: Settings, port?: number) =>
    startPostgres({
      dataDir: join(directory, "postgres"),
      settings: { fsync: "off", ...own },
      ...(port !== undefined && { port }),
    });
  let server = await start(settings);
  let databases = 0;
  return {
    broker,
    async createDatabase() {
      databases += 1;
      await withDatabase(server.databaseUrl, (sql) => sql.unsafe(`CREATE DATABASE test_${databases}`));
      const url = new URL(server.databaseUrl);
      url.pathname = `/test_${databases}`;
      return url.href;
    },
    async restartPostgres(other) {
      await server.close();
      server = await start(other, server.port);
    },
    async close() {
      await broker.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function withDatabase<T>(databaseUrl: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

export async function query(databaseUrl: string, text: string): Promise<readonly Record<string, unknown>[]> {
  return withDatabase(databaseUrl, async (sql) => [...(await sql.unsafe(text))]);
}

export interface Message {
  readonly value: string;
  readonly partition: number;
  /** Epoch ms. */
  readonly timestampMs?: number;
}

/** A broker takes batches of 1 MB. */
const MOST_AT_ONCE = 2_000;

/** Sends messages to a topic, which is made with so many partitions. */
export async function send(
  broker: Pick<Broker, "address">,
  topic: string,
  messages: readonly Message[],
  partitions = 1,
): Promise<void> {
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
  for (let at = 0; at < messages.length; at += MOST_AT_ONCE) {
    await producer.send({
      topic,
      messages: messages.slice(at, at + MOST_AT_ONCE).map(({ value, partition, timestampMs }) => ({
        value,
        partition,
        ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
      })),
    });
  }
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}
