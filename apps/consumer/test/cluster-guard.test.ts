import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import { migrate } from "@tidemark/sinks";
import { socmedPipeline } from "@tidemark/socmed/tables";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createClusterGuard } from "../src/cluster-guard.js";
import { runConsumer } from "../src/run-consumer.js";
import { Recorder } from "./recorder.js";
import { givenBroker, produce, readLedger, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const options = {
  untilCaughtUp: false,
  acceptLoss: false,
  output: "status",
  topic: "swapped",
  group: "tidemark",
  watermarkDelayMs: 300_000,
  allowedLatenessMs: 0,
  maxFutureSkewMs: 60_000,
  stopTimeoutMs: 10_000,
  monitor: undefined,
} as const;

it("asks only when there is suspicion, and once for each", async () => {
  const found: string[] = [];
  const guard = createClusterGuard([servers.broker.address], "another", async (id) => void found.push(id));
  await guard.check();
  expect(found).toEqual([]);
  guard.suspect();
  await guard.check();
  await guard.check();
  expect(found).toEqual([servers.broker.clusterId]);
});

// It ends one broker and starts another in its place: a broker that was given is not for that.
it.skipIf(givenBroker !== undefined)(
  "takes nothing of another cluster that answers at the same address after a break",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "tidemark-swap-"));
    const databaseUrl = await servers.createDatabase();
    await migrate(socmedPipeline, databaseUrl);
    const first = await startBroker({ dataDir: join(directory, "first") });
    await produce(first, options.topic, 300);
    const run = runConsumer(options, {
      brokers: [first.address],
      clusterId: first.clusterId,
      databaseUrl,
      reporter: new Recorder(),
      signal: new AbortController().signal,
    });
    const outcome = run.then(
      () => undefined,
      (error: unknown) => error,
    );
    await expect.poll(async () => (await readLedger(databaseUrl))?.["read"], { timeout: 30_000 }).toBe(300);
    await first.close();
    const second = await startBroker({ dataDir: join(directory, "second"), port: first.port });
    try {
      await produce(second, options.topic, 2_000);
      expect(await outcome).toMatchObject({ code: "refused-cluster" });
      expect(await readLedger(databaseUrl)).toMatchObject({ read: 300 });
    } finally {
      await second.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
