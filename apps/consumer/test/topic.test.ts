import { afterAll, beforeAll, expect, it } from "vitest";
import { environment, start } from "./consumer-process.js";
import { deleteTopic, ownName, produce, readLedger, startServers, type TestServers } from "./servers.js";

const patience = { timeout: 100_000 };
let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

it(
  "waits for a topic that was deleted, says so, and refuses one made anew with what to do, exit code 2",
  { timeout: 240_000 },
  async () => {
    const databaseUrl = await servers.createDatabase();
    const topic = ownName("anew");
    await produce(servers.broker, topic, 800, 2);
    const { ended, text } = start([], environment(servers, databaseUrl, "anew"));
    await expect.poll(() => readLedger(databaseUrl).catch(() => undefined), patience).toMatchObject({ read: 800 });
    await deleteTopic(servers.broker, topic);
    await expect.poll(() => text.stdout, patience).toContain(`waiting for topic ${topic}`);

    await produce(servers.broker, topic, 100, 2, 800);
    const { code, stderr } = await ended;
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/Partition [01] of ".*" ends at offset \d+, below \d+, where reading was to go on/);
    expect(stderr).toContain("Begin anew with another database or TIDEMARK_DIR");
    expect(code).toBe(2);
    expect(await readLedger(databaseUrl)).toMatchObject({ read: 800, lost: 0 });
  },
);
