import { afterAll, beforeAll, expect, it } from "vitest";
import { runMain, startServers, type TestServers } from "../test/servers.js";

let servers: TestServers;

beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

// Node 24 warns of what older ones pass over, such as kafkajs's timers with negative delays.
it("producer, consumer and verify do their work on a newer Node, which warns of nothing", async () => {
  expect(Number.parseInt(process.versions.node)).toBeGreaterThanOrEqual(24);
  const databaseUrl = await servers.createDatabase();
  const env = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl, KAFKA_TOPIC: "events" };
  const stream = ["--scenario=dirty", "--seed=1", "--events=5000", "--rate=max"];
  const works = { code: 0, err: expect.not.stringMatching(/warning/i) };
  expect(await runMain("apps/producer", stream, env)).toMatchObject(works);
  expect(await runMain("apps/consumer", ["--until-caught-up"], env)).toMatchObject(works);
  expect(await runMain("tools/verify", stream, env)).toMatchObject({
    ...works,
    out: expect.stringContaining("Equal."),
  });
});
