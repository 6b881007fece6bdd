import { createRoles, migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeFailure } from "../src/start-up.js";
import { consumeFlagship } from "./flagship.js";
import { ownName, produce, query, readLedger, startServers, type TestServers } from "./servers.js";

const roles = { pipeline: socmed, writer: ownName("writer"), reader: ownName("reader") };
const topic = ownName("least-privilege");
const events = 500;

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
  await migrate(socmed, owner);
  await createRoles(owner, roles);
  await query(owner, `ALTER ROLE "${roles.writer}" PASSWORD 'for-this-test'`);
  await consumeFlagship({ broker: servers.broker, databaseUrl: asWriter(owner), topic, retentionDays: 1 });
  expect(await readLedger(owner)).toMatchObject({ read: events, offsets: events });
  const [observed] = await query(owner, "SELECT sum(records)::int AS records FROM tidemark.progress");
  expect(observed).toEqual({ records: events });
});

it("where migrations are missing, the writer is told so in a sentence, with exit code 2", async () => {
  const databaseUrl = asWriter(await servers.createDatabase());
  const starting = consumeFlagship({ broker: servers.broker, databaseUrl, topic });
  const error: unknown = await starting.catch((reason: unknown) => reason);
  const { exitCode, text } = describeFailure(error);
  expect(exitCode).toBe(2);
  expect(text).toContain(`role ${roles.writer} may not make`);
  expect(text).not.toContain("\n");
});
