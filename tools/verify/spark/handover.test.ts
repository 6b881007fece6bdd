import { createSink, migrate } from "@tidemark/sinks";
import { withTimes } from "@tidemark/pipeline/definition";
import { socmed } from "@tidemark/socmed";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { verify } from "../src/verify.js";
import {
  consume,
  createTopic,
  messageOf,
  produce,
  query,
  recordsOf,
  runOf,
  startServers,
  type TestServers,
} from "../test/servers.js";
import { buildJob, findSpark, startSpark, type Spark, type SparkProcess } from "./spark-process.js";

const PARTITIONS = 3;
/** A short one, so that windows are closed in all partitions, and merged, while the test runs. */
const DEFINITION = { WATERMARK_DELAY: "10s" };
const PART = 1_000;
/** A start of Spark takes half a minute on a busy machine. */
const TIMEOUT_MS = 400_000;

describe("the same definition on Spark, on the same tables", () => {
  // Without keys, so that each window has rows of several partitions.
  const messages = recordsOf(runOf("dirty", 4 * PART)).map((one, at) => ({
    ...messageOf(one, PARTITIONS),
    partition: at % PARTITIONS,
  }));
  const part = (at: number) => messages.slice(at * PART, (at + 1) * PART);
  const started: SparkProcess[] = [];
  let servers: TestServers;
  let installed: Spark;
  let job: string;

  beforeAll(async () => {
    servers = await startServers();
    installed = await findSpark();
    job = await buildJob(DEFINITION);
  }, TIMEOUT_MS);

  afterAll(async () => {
    for (const one of started) one.kill();
    await servers.close();
  });

  function spark(topic: string, databaseUrl: string, ...args: string[]): SparkProcess {
    const process = startSpark(installed, servers, job, topic, databaseUrl, args);
    started.push(process);
    return process;
  }

  async function catchUp(topic: string, databaseUrl: string): Promise<void> {
    const { code, log } = await spark(topic, databaseUrl, "--until-caught-up", "--max-offsets", "600").ended;
    if (code !== 0) throw new Error(`Spark ended with code ${code}: ${log}`);
  }

  async function claimAll(topic: string, databaseUrl: string): Promise<void> {
    const admin = servers.kafka.admin();
    await admin.connect();
    const { clusterId } = await admin.describeCluster();
    await admin.disconnect();
    const pipeline = withTimes(socmed, { watermarkDelayMs: 10_000 });
    const sink = createSink({ databaseUrl, pipeline, topic, group: `tidemark-socmed-${topic}`, clusterId });
    for (let partition = 0; partition < PARTITIONS; partition += 1) await sink.claim(partition, 0);
    await sink.close();
  }

  it(
    "goes on where the consumer stopped, and the consumer where Spark did",
    async () => {
      const topic = "handed-over";
      const databaseUrl = await servers.createDatabase();
      await createTopic(servers, topic, PARTITIONS);
      await migrate(socmed, databaseUrl);
      for (const [at, engine] of ["spark", "consumer", "spark", "consumer"].entries()) {
        await produce(servers, topic, part(at));
        await (engine === "consumer" ? consume(servers, topic, databaseUrl, DEFINITION) : catchUp(topic, databaseUrl));
        const verdict = await verify({ brokers: servers.kafkaBrokers, databaseUrl, topic });
        expect(verdict.differences).toEqual([]);
        expect(verdict).toMatchObject({ equal: true, records: (at + 1) * PART, unread: 0 });
      }
      // The consumer has merged windows, and Spark went on beside them.
      const [merged] = await query(
        databaseUrl,
        "SELECT count(*)::int AS count FROM socmed_5s WHERE partition = -1 AND window_start < (SELECT max(window_start) - interval '90 s' FROM socmed_5s)",
      );
      expect(merged?.["count"]).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  it(
    "ends where the consumer takes its partitions over, and writes nothing more",
    async () => {
      const topic = "taken-over";
      const databaseUrl = await servers.createDatabase();
      await createTopic(servers, topic, PARTITIONS);
      await migrate(socmed, databaseUrl);
      await produce(servers, topic, part(0));
      const running = spark(topic, databaseUrl);
      const died = running.ended.then(({ log }) => Promise.reject(new Error(`Spark ended: ${log}`)));
      died.catch(() => {});
      const read = async () =>
        (await query(databaseUrl, "SELECT sum(read)::int AS read FROM tidemark.checkpoints"))[0]?.["read"];
      const reached = vi.waitUntil(async () => (await read()) === PART, { timeout: TIMEOUT_MS / 2, interval: 200 });
      await Promise.race([reached, died]);
      // As a consumer does that begins meanwhile.
      await claimAll(topic, databaseUrl);
      await produce(servers, topic, part(1));
      const { code, log } = await running.ended;
      expect(code).not.toBe(0);
      expect(log).toMatch(/is no longer (owned by epoch|at epoch) 1/);
      await consume(servers, topic, databaseUrl, DEFINITION);
      const verdict = await verify({ brokers: servers.kafkaBrokers, databaseUrl, topic });
      expect(verdict.differences).toEqual([]);
      expect(verdict).toMatchObject({ equal: true, records: 2 * PART, unread: 0 });
    },
    TIMEOUT_MS,
  );
});
