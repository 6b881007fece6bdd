import { createRoles, migrate } from "@tidemark/sinks";
import { socmedPipeline } from "@tidemark/socmed/tables";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runConsumer } from "../src/run-consumer.js";
import { describeFailure, prepare } from "../src/start-up.js";
import { ownName, produce, query, readLedger, startServers, type TestServers } from "./servers.js";

const roles = { pipeline: socmedPipeline, writer: ownName("writer"), reader: ownName("reader") };
const topic = ownName("least-privilege");
const events = 500;
const reporter = { note() {}, folded() {}, committed() {}, progress() {}, finish() {} };

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
  await produce(servers.broker, topic, events);
});
afterAll(() => servers.close());

/** As the writer sees the database. */
function asWriter(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = roles.writer;
  url.password = "for-this-test";
  return url.href;
}

it("the consumer runs as the writer, on tables that their owner has made", async () => {
  const owner = await servers.createDatabase();
  await migrate(socmedPipeline, owner);
  await createRoles(owner, roles);
  await query(owner, `ALTER ROLE "${roles.writer}" PASSWORD 'for-this-test'`);
  const kafkaBrokers = [servers.broker.address];
  const { signal } = new AbortController();
  const databaseUrl = asWriter(owner);
  const clusterId = await prepare({ kafkaBrokers, databaseUrl }, signal);
  const options = {
    untilCaughtUp: true,
    output: "status",
    topic,
    group: ownName("writer"),
    watermarkDelayMs: 300_000,
    allowedLatenessMs: 0,
    maxFutureSkewMs: 60_000,
    retentionDays: 1,
    acceptLoss: false,
    stopTimeoutMs: 10_000,
    monitor: undefined,
  } as const;
  await runConsumer(options, { brokers: kafkaBrokers, clusterId, databaseUrl, reporter, signal });
  expect(await readLedger(owner)).toMatchObject({ read: events, offsets: events });
  const [observed] = await query(owner, "SELECT sum(records)::int AS records FROM tidemark.progress");
  expect(observed).toEqual({ records: events });
});

it("where migrations are missing, the writer is told so in a sentence, with exit code 2", async () => {
  const databaseUrl = asWriter(await servers.createDatabase());
  const starting = prepare({ kafkaBrokers: [servers.broker.address], databaseUrl }, new AbortController().signal);
  const error: unknown = await starting.catch((reason: unknown) => reason);
  const { exitCode, text } = describeFailure(error);
  expect(exitCode).toBe(2);
  expect(text).toContain(`role ${roles.writer} may not make`);
  expect(text).not.toContain("\n");
});
