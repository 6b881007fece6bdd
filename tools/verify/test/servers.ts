import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBroker } from "@tidemark/embedded-kafka";
import { startPostgres } from "@tidemark/embedded-postgres";
import { partitionOfKey } from "@tidemark/scenario/oracle";
import { createStream, presets, type ScenarioRecord } from "@tidemark/socmed/scenario";
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import postgres from "postgres";
import { rewriteLog, type BatchEdit } from "./log-surgery.js";
import type { ProducerRun } from "../src/producer-run.js";

/** A real broker and a real Postgres for one test file. */
export interface TestServers {
  readonly kafkaBrokers: readonly string[];
  readonly kafka: Kafka;
  /** Changes the log of a topic's only partition on disk while the broker is down. */
  rewriteLog(topic: string, edit: (batch: BatchEdit, index: number) => void): Promise<void>;
  createDatabase(): Promise<string>;
  /** A copy with all that is in it. */
  copyDatabase(databaseUrl: string): Promise<string>;
  close(): Promise<void>;
}

export async function startServers(): Promise<TestServers> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-verify-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const dataDir = join(directory, "kafka");
  let broker = await startBroker({ dataDir });
  const { port } = broker;
  const server = await startPostgres({ dataDir: join(directory, "postgres"), settings: { fsync: "off" } });
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
  let databases = 0;

  async function create(template: string): Promise<string> {
    databases += 1;
    await query(server.databaseUrl, `CREATE DATABASE test_${databases} ${template}`);
    const url = new URL(server.databaseUrl);
    url.pathname = `/test_${databases}`;
    return url.href;
  }

  return {
    kafkaBrokers: [broker.address],
    kafka,
    async rewriteLog(topic, edit) {
      await broker.close();
      await rewriteLog(dataDir, topic, edit);
      broker = await startBroker({ dataDir, port });
    },
    createDatabase: () => create(""),
    copyDatabase: (databaseUrl) => create(`TEMPLATE ${new URL(databaseUrl).pathname.slice(1)} STRATEGY file_copy`),
    async close() {
      await broker.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The rows, and how many were read or changed by the last statement. */
export async function query(
  databaseUrl: string,
  text: string,
): Promise<readonly Record<string, unknown>[] & { readonly count: number }> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const result = await sql.unsafe(text);
    const last = result.at(-1);
    // Of several statements each has its own.
    return Array.isArray(last) ? (last as typeof result) : result;
  } finally {
    await sql.end();
  }
}

export interface TestMessage {
  readonly partition: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
}

/** How many of the messages each partition has: where the log ends that holds them. */
export function endsOf(messages: readonly TestMessage[], partitions: number): ReadonlyMap<number, number> {
  return new Map(
    Array.from({ length: partitions }, (_, partition) => [
      partition,
      messages.filter((message) => message.partition === partition).length,
    ]),
  );
}

export async function createTopic(
  servers: TestServers,
  topic: string,
  partitions: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const admin = servers.kafka.admin();
  await admin.connect();
  const configEntries = Object.entries({ "retention.ms": "-1", ...settings }).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] });
  await admin.disconnect();
}

export async function deleteRecords(
  servers: TestServers,
  topic: string,
  partition: number,
  below: number,
): Promise<void> {
  const admin = servers.kafka.admin();
  await admin.connect();
  // kafkajs deletes nothing before it has seen the topic's metadata.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(below) }] });
  await admin.disconnect();
}

/** Appends the messages to their partitions, in order. */
export async function produce(servers: TestServers, topic: string, messages: readonly TestMessage[]): Promise<void> {
  const producer = servers.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (let at = 0; at < messages.length; at += 2_000) {
    await producer.send({
      topic,
      compression: CompressionTypes.None,
      messages: messages
        .slice(at, at + 2_000)
        .map(({ timestampMs, ...message }) => ({ ...message, timestamp: String(timestampMs) })),
    });
  }
  await producer.disconnect();
}

export const startMs = Date.parse("2024-02-03T17:00:00Z");

/** The first events of a scenario, faults and all, as the producer sends them. */
export function runOf(preset: keyof typeof presets, events: number): ProducerRun {
  return { stream: createStream({ scenario: presets[preset], seed: 7, startMs }), startIndex: 0, events };
}

export function recordsOf({ stream, startIndex, events }: ProducerRun): ScenarioRecord[] {
  return Array.from({ length: events }, (_, at) => stream.at(startIndex + at));
}

export function messageOf({ key, value, timestampMs }: ScenarioRecord, partitions: number): TestMessage {
  const bytes = value === null ? null : Buffer.from(value);
  return { partition: partitionOfKey(key, partitions), key, value: bytes, timestampMs };
}

/** Runs the real consumer until it has caught up. Rejects, with what it said, where it fails. */
export async function consume(
  servers: TestServers,
  topic: string,
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
): Promise<void> {
  const addresses = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl };
  const args = ["--until-caught-up", "--json", ...more];
  const { code, err } = await runMain("apps/consumer", args, { KAFKA_TOPIC: topic, ...addresses, ...env });
  if (code !== 0) throw new Error(`The consumer ended with code ${code}: ${err}`);
}

/** Runs the main of an app or a tool to its end, from source. */
export function runMain(
  project: "apps/producer" | "apps/consumer" | "tools/verify",
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const folder = fileURLToPath(new URL(`../../../${project}`, import.meta.url));
  const { config } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { config?: { node?: string } };
  const options = config?.node === undefined ? [] : config.node.split(" ");
  return run([...options, ...fromSource, `${folder}/src/main.ts`, ...args], env);
}

export const fromSource = ["--conditions=@tidemark/source", "--import", "tsx"];

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs Node to its end. */
export async function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, out, err };
}
