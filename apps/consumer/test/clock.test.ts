import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { environment, start } from "./consumer-process.js";
import { ownName, produce, readLedger, startServers, type TestServers } from "./servers.js";

const stepClock = fileURLToPath(new URL("step-clock.mjs", import.meta.url));
const WAIT = { timeout: 40_000 };

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

it("joins the group again when the clock is set, back or ahead, and reads on", { timeout: 120_000 }, async () => {
  const topic = ownName("clock");
  const databaseUrl = await servers.createDatabase();
  await produce(servers.broker, topic, 100);
  const env = { ...environment(servers, databaseUrl, "clock"), NODE_OPTIONS: `--import=${stepClock}` };
  const consumer = start([], env);
  const offsets = async () => (await readLedger(databaseUrl).catch(() => undefined))?.["offsets"];
  await expect.poll(offsets, WAIT).toBe(100);

  consumer.child.kill("SIGUSR2");
  await expect.poll(() => consumer.text.stdout, WAIT).toContain("was set back by 3600.");
  await produce(servers.broker, topic, 100, 8, 100);
  await expect.poll(offsets, WAIT).toBe(200);

  consumer.child.kill("SIGUSR1");
  await expect
    .poll(() => consumer.text.stdout, WAIT)
    .toContain("ahead (it was set, or the machine slept); joining the group again");
  await produce(servers.broker, topic, 100, 8, 200);
  await expect.poll(offsets, WAIT).toBe(300);
  expect(consumer.text.stdout.match(/joining the group again/g)).toHaveLength(2);

  consumer.child.kill("SIGTERM");
  expect((await consumer.ended).code).toBe(0);
});
