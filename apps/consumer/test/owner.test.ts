import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import { runPipeline } from "@tidemark/pipeline";
import { socmed } from "@tidemark/socmed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { environment, start } from "./consumer-process.js";
import { givenBroker, ownName, produce, readLedger, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

it(
  "ends with 2 where its group writes another database, whose consumer gets everything",
  { timeout: 60_000 },
  async () => {
    const topic = "one-group";
    const [database, other] = [await servers.createDatabase(), await servers.createDatabase()];
    const first = start(["--json"], environment(servers, database, topic));
    await produce(servers.broker, ownName(topic), 200);
    await expect
      .poll(() => readLedger(database).catch(() => undefined), { timeout: 30_000 })
      .toMatchObject({ offsets: 200 });
    const { code, stdout, stderr } = await start(["--json"], environment(servers, other, topic)).ended;
    expect(code).toBe(2);
    const name = new URL(database).pathname;
    expect(stderr).toMatch(
      new RegExp(`group "${ownName(topic)}" is in use by .*pipeline socmed into \\S+${name}\\b.*KAFKA_GROUP`),
    );
    expect(stdout).toContain("Waiting for it to leave");
    await produce(servers.broker, ownName(topic), 200, 8, 200);
    await expect.poll(() => readLedger(database), { timeout: 30_000 }).toMatchObject({ offsets: 400 });
    first.child.kill("SIGTERM");
    expect((await first.ended).code).toBe(0);
  },
);

// It needs two clusters with one id.
it.skipIf(givenBroker !== undefined)(
  "ends where others claim its partitions from outside of its group",
  { timeout: 60_000 },
  async () => {
    const topic = ownName("cloned");
    const directory = await mkdtemp(join(tmpdir(), "tidemark-clone-"));
    const original = await startBroker({ dataDir: join(directory, "original") });
    await produce(original, topic, 50, 1);
    await original.close();
    await cp(join(directory, "original"), join(directory, "clone"), { recursive: true });
    const brokers = [
      await startBroker({ dataDir: join(directory, "original") }),
      await startBroker({ dataDir: join(directory, "clone") }),
    ];
    const databaseUrl = await servers.createDatabase();
    const runs = brokers.map(({ address }) => runPipeline(socmed, { brokers: [address], databaseUrl, topic }));
    try {
      const failures: unknown[] = [];
      void Promise.race(runs.map(({ done }) => done)).catch((error: unknown) => failures.push(error));
      for (let at = 50; failures.length === 0; at += 1) {
        await Promise.all(brokers.map((broker) => produce(broker, topic, 1, 1, at)));
      }
      expect(failures[0]).toMatchObject({
        code: "other-owner",
        message: expect.stringMatching(/^Partition 0 of "cloned\S+" was claimed 5 times by \S+:\d+:/),
      });
    } finally {
      await Promise.all(runs.map((run) => run.stop().catch(() => {})));
      await Promise.all(brokers.map((broker) => broker.close()));
      await rm(directory, { recursive: true, force: true });
    }
  },
);
