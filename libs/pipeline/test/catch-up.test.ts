import { migrate } from "@tidemark/sinks";
import { startProxy } from "@tidemark/testkit";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { catchUp } from "../src/catch-up.js";
import { orders } from "./orders.js";
import { query, send, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
let databaseUrl: string;

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await migrate(orders, databaseUrl);
  await send(servers.broker, "orders", [{ value: "{}", partition: 0 }]);
});
afterAll(() => servers.close());

it("ends by another connection when the one that it polls by goes silent", async () => {
  const proxy = await startProxy(Number(new URL(databaseUrl).port));
  onTestFinished(() => proxy.close());
  const caughtUp = catchUp({
    brokers: [servers.broker.address],
    databaseUrl: proxy.through(databaseUrl),
    pipeline: "orders",
    topic: "orders",
    answerTimeoutMs: 1_000,
    onBehind: () => proxy.lose(),
    signal: new AbortController().signal,
  });
  await expect.poll(() => proxy.connections(), { timeout: 30_000 }).toBeGreaterThan(1);
  await query(
    databaseUrl,
    `INSERT INTO tidemark.definitions VALUES ('d', '{}');
     INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch, read, rejected)
     VALUES ('orders', 'orders', 0, 'g', 'c', 'd', 0, 1, 1, 1, 1)`,
  );
  expect(await caughtUp).toMatchObject({ partitions: 1 });
});
