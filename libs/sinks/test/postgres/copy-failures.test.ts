import { startProxy } from "@tidemark/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Sink, SinkEvent } from "../../src/index.js";
import { checkpointOf, commit, eventAt } from "../contract/fixtures.js";
import { defaultLimits } from "../../src/postgres/connection.js";
import { createPostgresStore, type PostgresStore } from "../contract/postgres-store.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { closeGate } from "./gate.js";

let server: TestServer;
let store: PostgresStore;
let sink: Sink;
let events: SinkEvent[];

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  store = await createPostgresStore(server);
  events = [];
  // One connection: whatever breaks it is seen by what comes next.
  sink = store.open({ connections: 1, onEvent: (event) => events.push(event) });
});
afterEach(() => store.close());

const query = (text: string) => server.query(store.databaseUrl, text);

const rowsOf = (count: number) => Array.from({ length: count }, (_, offset) => eventAt(offset, 0));
const stepOf = (rows: readonly object[]) => checkpointOf([], rows.length, { rows });

describe("an error of the server in the middle of a COPY", { timeout: 120_000 }, () => {
  it.each([
    ["at the first row, while rows are still sent", "TRIGGER failing BEFORE INSERT ON orders FOR EACH ROW"],
    ["after the last row was sent", "TRIGGER failing AFTER INSERT ON orders FOR EACH STATEMENT"],
    ["at COMMIT", "CONSTRAINT TRIGGER failing AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"],
  ])("%s: rejects with Postgres's own error, writes nothing, and the next commit succeeds", async (_when, kind) => {
    await query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE EXCEPTION 'no room in %', TG_TABLE_NAME USING ERRCODE = 'TM001'; END $$`);
    await query(`CREATE ${kind} EXECUTE FUNCTION fail()`);
    const claim = await sink.claim(0, 0);
    const before = await store.read();
    // Some 20 MB: more than the sockets between can hold.
    await expect(commit(sink, claim, 0, stepOf(rowsOf(150_000)))).rejects.toMatchObject({
      code: "TM001",
      message: expect.stringMatching(/^no room in orders/),
    });
    expect(await store.read()).toEqual(before);
    expect(events).toEqual([]);
    await query("DROP FUNCTION fail CASCADE");
    await commit(sink, claim, 0, checkpointOf([0], 1));
    expect((await store.read()).rows).toHaveLength(1);
  });
});

describe("a connection that is cut in the middle of a COPY", { timeout: 120_000 }, () => {
  it.each([
    ["by the server", false],
    ["by the network", true],
  ])("%s: the commit is tried again, and its rows are there once", async (_by, abruptly) => {
    const wire = await startWire(store.databaseUrl);
    const wired = store.open({ databaseUrl: wire.databaseUrl, connections: 1, onEvent: (event) => events.push(event) });
    const claim = await wired.claim(0, 0);
    const gate = await closeGate(store.databaseUrl, 'BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW."offset" = 1000)');
    // Some 40 MB: more than the sockets between can hold, so that the server cannot have got the COMMIT behind them.
    const given = rowsOf(20_000).map((row) => ({ ...row, note: "x".repeat(2_000) }));
    const committing = commit(wired, claim, 0, stepOf(given));
    const pid = await gate.arrival();
    if (abruptly) wire.cut();
    else await query(`SELECT pg_terminate_backend(${pid})`);
    await vi.waitUntil(() => events.length > 0, { timeout: 50_000 });
    await gate.open();
    await committing;
    const { rows, checkpoints } = await store.read();
    expect(rows).toEqual(given.map((row) => ({ ...row, topic: "orders-topic", partition: 0 })));
    expect(checkpoints).toMatchObject([{ nextOffset: given.length, epoch: 1 }]);
    expect(events.map(({ kind }) => kind)).toContain("available");
  });
});

it("a connection that the network loses without a word is given up after a while, and the commit tried on another", async () => {
  const wire = await startWire(store.databaseUrl);
  const limits = { ...defaultLimits, transactionTimeoutMs: 2_000 };
  const wired = store.open({ databaseUrl: wire.databaseUrl, limits, onEvent: (event) => events.push(event) });
  const claim = await wired.claim(0, 0);
  wire.lose();
  await commit(wired, claim, 0, checkpointOf([0], 1));
  expect(events[0]).toMatchObject({ kind: "unavailable", error: { message: expect.stringMatching(/silent for 2 s/) } });
  expect((await store.read()).rows).toHaveLength(1);
});

/** A way to Postgres that can be cut, or can lose its connections. */
async function startWire(databaseUrl: string) {
  const proxy = await startProxy(Number(new URL(databaseUrl).port));
  onTestFinished(() => proxy.close());
  return { databaseUrl: proxy.through(databaseUrl), cut: proxy.cut, lose: proxy.lose };
}
