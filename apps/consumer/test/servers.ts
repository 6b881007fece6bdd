import { randomInt, randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import {
  EmbeddedPostgresError,
  startPostgres,
  type EmbeddedPostgres,
  type PostgresOptions,
} from "@tidemark/embedded-postgres";
import { createStream, presets, type ScenarioRecord } from "@tidemark/socmed/scenario";
import { CompressionTypes, Kafka, logLevel, type Admin } from "kafkajs";
import { Client } from "pg";

/** The address of a broker to test with, instead of an embedded one. */
export const givenBroker = process.env["TIDEMARK_TEST_KAFKA"];

export interface TestBroker {
  readonly address: string;
  readonly clusterId: string;
}

/** A broker (the one that was given, else an embedded one) and a real Postgres for one test file. */
export interface TestServers {
  readonly broker: TestBroker;
  /** A new database, by its name. */
  createDatabase(): Promise<string>;
  /** Stops Postgres as its owner would. */
  stopPostgres(): Promise<void>;
  /** Starts it again, on the same port and data. */
  restartPostgres(): Promise<void>;
  readonly postgresDirectory: string;
  close(): Promise<void>;
}

/**
 * A port below those that systems give away by themselves (from 32768 on), so that nobody comes by it while Postgres is
 * down.
 */
async function startOnQuietPort(options: PostgresOptions): Promise<EmbeddedPostgres> {
  for (;;) {
    try {
      return await startPostgres({ ...options, port: randomInt(20_000, 32_000) });
    } catch (error) {
      if (!(error instanceof EmbeddedPostgresError) || error.code !== "port-in-use") throw error;
    }
  }
}

export async function startServers(settings: Readonly<Record<string, string>> = {}): Promise<TestServers> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-consumer-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const broker = givenBroker === undefined ? await startBroker({ dataDir: join(directory, "kafka") }) : undefined;
  const options = { dataDir: join(directory, "postgres"), settings: { fsync: "off", ...settings } };
  let postgres = await startOnQuietPort(options);
  let databases = 0;
  return {
    broker: broker ?? (await describeGiven(givenBroker ?? "")),
    async createDatabase() {
      databases += 1;
      await query(postgres.databaseUrl, `CREATE DATABASE test_${databases}`);
      const url = new URL(postgres.databaseUrl);
      url.pathname = `/test_${databases}`;
      return url.href;
    },
    postgresDirectory: postgres.dataDir,
    stopPostgres: () => postgres.close(),
    async restartPostgres() {
      postgres = await startPostgres({ ...options, port: postgres.port });
    },
    async close() {
      await broker?.close();
      await postgres.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function describeGiven(address: string): Promise<TestBroker> {
  const { clusterId } = await withAdmin({ address }, (admin) => admin.describeCluster());
  return { address, clusterId };
}

const run = randomUUID().slice(0, 8);

/** The name of a topic or group that no other test file and no other run uses. */
export function ownName(name: string): string {
  return `${name}-${run}`;
}

export async function query(databaseUrl: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function withAdmin<T>({ address }: Pick<TestBroker, "address">, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Deletes what is below an offset of the topic's partition 0, as retention does. */
export async function deleteRecords(broker: Pick<TestBroker, "address">, topic: string, below: number): Promise<void> {
  await withAdmin(broker, async (admin) => {
    // kafkajs deletes nothing before it has seen the topic's metadata.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(below) }] });
  });
}

export async function deleteTopic(broker: Pick<TestBroker, "address">, topic: string): Promise<void> {
  await withAdmin(broker, (admin) => admin.deleteTopics({ topics: [topic] }));
}

/** Makes the topic where it is missing, and adds the events from `from` on of the scenario `default`, faults and all. */
export async function produce(
  broker: Pick<TestBroker, "address">,
  topic: string,
  events: number,
  partitions = 8,
  from = 0,
): Promise<ScenarioRecord[]> {
  const stream = createStream({ scenario: presets.default, seed: 7, startMs: Date.parse("2024-02-03T17:00:00Z") });
  const records = Array.from({ length: events }, (_, index) => stream.at(from + index));
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
  const configEntries = [{ name: "retention.ms", value: "-1" }];
  await withAdmin(broker, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] }),
  );
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (let at = 0; at < records.length; at += 2_000) {
    await producer.send({
      topic,
      compression: CompressionTypes.None,
      messages: records.slice(at, at + 2_000).map(({ key, value, timestampMs }) => ({
        key,
        value: value && Buffer.from(value),
        timestamp: String(timestampMs),
      })),
    });
  }
  await producer.disconnect();
  return records;
}

/** The counters' sums of a table, and its events. */
export async function readSums(databaseUrl: string, table: string): Promise<Record<string, unknown> | undefined> {
  const events = table === "socmed_user_sales" ? "count(*)" : "sum(events)";
  const sums = ["usage_count", "sales", "visitors", "page_visitors", "conversion"].map(
    (name) => `sum(${name})::text AS ${name}`,
  );
  const [row] = await query(databaseUrl, `SELECT ${events}::text AS events, ${sums.join(", ")} FROM ${table}`);
  return row;
}

export async function readLedger(databaseUrl: string): Promise<Record<string, unknown> | undefined> {
  const names = ["read", "counted", "duplicate", "late", "quarantined", "rejected", "skipped", "lost"];
  const [row] = await query(
    databaseUrl,
    `SELECT ${names.map((name) => `sum(${name})::int AS ${name}`).join(", ")}, sum(next_offset)::int AS offsets FROM tidemark.checkpoints`,
  );
  return row;
}

const tables = [
  "socmed_user_sales",
  "socmed_late",
  "socmed_rejected",
  "socmed_5s",
  "socmed_1m",
  "socmed_1h",
  "socmed_verdicts_1m",
  "socmed_verdicts_1h",
];
const ledger = "partition, start_offset, next_offset, watermark, read, counted, duplicate, late, quarantined, rejected";

/** A digest of every table by value, for comparing with what an undisturbed run wrote of the same log. */
export async function readTables(databaseUrl: string): Promise<Record<string, unknown>> {
  const sources = [...tables, `(SELECT ${ledger}, skipped, lost FROM tidemark.checkpoints)`];
  const digests = await Promise.all(
    sources.map((source) =>
      query(
        databaseUrl,
        `SELECT md5(string_agg(md5(t::text), '|' ORDER BY md5(t::text))) AS digest FROM ${source} AS t`,
      ),
    ),
  );
  return Object.fromEntries(sources.map((source, index) => [source, digests[index]?.[0]?.["digest"]]));
}
