import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createClusterGuard } from "@tidemark/pipeline/parts";
import { consumeFlagship } from "./flagship.js";
import { givenBroker, produce, readLedger, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const topic = "swapped";

it("asks only when there is suspicion, and once for each", async () => {
  const found: string[] = [];
  const guard = createClusterGuard({ brokers: [servers.broker.address] }, "another", async (id) => void found.push(id));
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
    const first = await startBroker({ dataDir: join(directory, "first") });
    await produce(first, topic, 300);
    const run = consumeFlagship({ broker: first, databaseUrl, topic, untilCaughtUp: false });
    const outcome = run.then(
      () => undefined,
      (error: unknown) => error,
    );
    await expect.poll(async () => (await readLedger(databaseUrl))?.["read"], { timeout: 30_000 }).toBe(300);
    await first.close();
    const second = await startBroker({ dataDir: join(directory, "second"), port: first.port });
    try {
      await produce(second, topic, 2_000);
      expect(await outcome).toMatchObject({ code: "refused-cluster" });
      expect(await readLedger(databaseUrl)).toMatchObject({ read: 300 });
    } finally {
      await second.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
