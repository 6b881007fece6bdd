import { startProxy } from "@tidemark/testkit";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { SinkEvent } from "../../src/index.js";
import { checkpointOf, commit, eventAt } from "../contract/fixtures.js";
import { createPostgresStore } from "../contract/postgres-store.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const limits = {
  statementTimeoutMs: 8_000,
  lockTimeoutMs: 4_000,
  idleInTransactionTimeoutMs: 1_000,
  transactionTimeoutMs: 1_500,
};

it("ids come back whole over a link that takes several times as long as silence may last", async () => {
  const store = await createPostgresStore(server);
  const proxy = await startProxy(Number(new URL(store.databaseUrl).port));
  onTestFinished(async () => {
    await proxy.close();
    await store.close();
  });
  const events: SinkEvent[] = [];
  const first = store.open();
  const claim = await first.claim(0, 0);
  const rows = Array.from({ length: 60_000 }, (_, offset) => eventAt(offset, offset % 4));
  await commit(first, claim, 0, checkpointOf([], rows.length, { rows }));
  const sink = store.open({
    databaseUrl: `${proxy.through(store.databaseUrl)}?sslmode=disable`,
    limits,
    onEvent: (event) => events.push(event),
  });
  // Some 2 MB, and the link's buffers hold a part of them.
  proxy.slowDown(300_000);
  const restored = await sink.claim(0, 0);
  expect(events).toEqual([]);
  expect(restored.ids).toHaveLength(rows.length);
  const found = [...restored.ids].map(({ id, timeMs }) => `${id} ${timeMs}`);
  expect(new Set(found)).toEqual(new Set(rows.map(({ orderId, placedAt }) => `${orderId} ${placedAt * 1_000}`)));
}, 120_000);
