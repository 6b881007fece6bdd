import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { hasPgbouncer, startPgbouncer, startProxy } from "@tidemark/testkit";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { applyRetention, createSink, migrate, type SinkEvent } from "../../src/index.js";
import { checkpointOf, commit, eventAt } from "../contract/fixtures.js";
import { createPostgresStore, type PostgresStore } from "../contract/postgres-store.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { digBlackHole } from "./black-hole.js";
import { identity } from "./partition-writer.js";

let server: TestServer;
let store: PostgresStore;
let events: SinkEvent[];

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  store = await createPostgresStore(server);
  events = [];
});
afterEach(() => store.close());

/** Whether a claim is told to be blocked before it goes on is a matter of time. */
const onEvent = (event: SinkEvent) => void (event.kind !== "blocked" && events.push(event));

const limits = {
  statementTimeoutMs: 2_000,
  lockTimeoutMs: 1_000,
  idleInTransactionTimeoutMs: 2_000,
  transactionTimeoutMs: 3_000,
};

/** A way to the server on which one connection is lost, when it passes on this text for the first time. */
async function loseOnce(databaseUrl: string, direction: "fromClient" | "fromServer", text: string): Promise<string> {
  let isOver = false;
  const proxy = await startProxy(Number(new URL(databaseUrl).port), () => ({
    [direction](chunk: Buffer) {
      if (isOver || !chunk.includes(text)) return "pass";
      isOver = true;
      return "lose";
    },
  }));
  onTestFinished(() => proxy.close());
  return proxy.through(databaseUrl);
}

it("a commit that the network lost in the middle of its COPY does not stand in its own way", async () => {
  const hole = await digBlackHole(store.databaseUrl, (connection, sent) => connection === 1 && sent.length > 200_000);
  const sink = store.open({ databaseUrl: hole.databaseUrl, connections: 1, limits, onEvent });
  const claim = await sink.claim(0, 0);
  const rows = Array.from({ length: 20_000 }, (_, offset) => eventAt(offset, 0));
  await commit(sink, claim, 0, checkpointOf([], rows.length, { rows }));
  expect(events.map(({ kind }) => kind)).toEqual(["unavailable", "terminated-blocker", "available"]);
  expect((await store.read()).rows).toHaveLength(rows.length);
});

// Skipped, and counted as such, where PgBouncer is not installed.
it.skipIf(!hasPgbouncer)("nor does one that a pooler lost so, though it hides the server's process", async () => {
  const pooler = await startPgbouncer(store.databaseUrl, "transaction");
  onTestFinished(() => pooler.close());
  const hole = await digBlackHole(
    pooler.through(store.databaseUrl),
    (connection, sent) => connection === 1 && sent.length > 200_000,
  );
  const sink = store.open({ databaseUrl: hole.databaseUrl, connections: 1, limits, onEvent });
  const claim = await sink.claim(0, 0);
  const rows = Array.from({ length: 20_000 }, (_, offset) => eventAt(offset, 0));
  await commit(sink, claim, 0, checkpointOf([], rows.length, { rows }));
  expect(events.map(({ kind }) => kind)).toEqual(["unavailable", "terminated-blocker", "available"]);
  expect((await store.read()).rows).toHaveLength(rows.length);
});

it("a commit that was fenced is, and the next one goes on, though the network lost its ROLLBACK", async () => {
  const hole = await digBlackHole(
    store.databaseUrl,
    (connection, sent) => connection === 1 && sent.includes("ROLLBACK"),
  );
  const patient = { ...limits, idleInTransactionTimeoutMs: 600_000 };
  const sink = store.open({ databaseUrl: hole.databaseUrl, connections: 1, limits: patient, onEvent });
  const claim = await sink.claim(0, 0);
  await store.open({ limits }).claim(0, 0);
  await expect(commit(sink, claim, 0, checkpointOf([0], 1))).rejects.toMatchObject({ code: "fenced" });
  await hole.lost;
  await commit(sink, await sink.claim(0, 0), 0, checkpointOf([0], 1));
  expect(events.map(({ kind }) => kind)).toEqual(["terminated-blocker"]);
  await sink.close();
});

it("a claim is not held up by a connection that went silent while it ended another's transaction for it", async () => {
  await store.open({ limits }).claim(0, 0);
  const blocker = new Client({ connectionString: store.databaseUrl });
  await blocker.connect();
  onTestFinished(() => blocker.end());
  await blocker.query("BEGIN; UPDATE tidemark.checkpoints SET epoch = epoch");
  const hole = await digBlackHole(store.databaseUrl, (_, sent) => sent.includes("pg_terminate_backend"));
  const claiming = store.open({ databaseUrl: hole.databaseUrl, connections: 1, limits, onEvent }).claim(0, 0);
  await hole.lost;
  await blocker.query("ROLLBACK");
  expect(await claiming).toMatchObject({ epoch: 2 });
});

it.each([
  ["on its way to the server", "fromClient"],
  ["on its way back", "fromServer"],
] as const)("a claim that the network lost %s is made on another connection", async (_what, direction) => {
  const databaseUrl = await loseOnce(store.databaseUrl, direction, "next_offset");
  const sink = store.open({ databaseUrl, connections: 1, limits, onEvent });
  expect(await sink.claim(0, 0)).toMatchObject({ nextOffset: 0 });
  expect(events).toContainEqual(
    expect.objectContaining({ kind: "unavailable", error: new Error("Postgres has not answered for 3 s") }),
  );
});

it("a claim on which the server is at work is not broken off, however long no byte comes", async () => {
  await server.query(
    store.databaseUrl,
    `CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$;
     CREATE TRIGGER dawdle BEFORE UPDATE ON tidemark.checkpoints FOR EACH ROW EXECUTE FUNCTION dawdle()`,
  );
  const sink = store.open({ limits: { ...limits, transactionTimeoutMs: 600 }, onEvent });
  expect(await sink.claim(0, 0)).toMatchObject({ epoch: 1 });
  expect(events).toEqual([]);
});

it("retention that is told to stop does not wait for a server that answers nothing", async () => {
  const mute = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
  await once(mute, "listening");
  onTestFinished(() => void mute.close());
  const stopping = new AbortController();
  const databaseUrl = `postgresql://somebody:secret@127.0.0.1:${(mute.address() as AddressInfo).port}/tables`;
  const running = applyRetention({ databaseUrl, pipeline: identity.pipeline, days: 1 }, stopping.signal);
  await once(mute, "connection");
  stopping.abort();
  // Otherwise it waits for as long as a connection may take, and says that.
  await expect(running).rejects.toThrow(/terminated/);
});

it("retention rejects when the network has lost its connection, and can be tried again", async () => {
  const databaseUrl = await loseOnce(store.databaseUrl, "fromClient", "drop_days");
  const options = { databaseUrl, pipeline: identity.pipeline, days: 1 };
  await expect(applyRetention({ ...options, silenceTimeoutMs: 600 })).rejects.toThrow(/has not answered for 0.6 s/);
  expect(await applyRetention(options)).toMatchObject({ isDone: true });
});

it("the first claim of a partition neither waits for a run of retention nor ends it", async () => {
  const databaseUrl = await server.createDatabase();
  await migrate(identity.pipeline, databaseUrl);
  const holder = new Client({ connectionString: databaseUrl });
  await holder.connect();
  onTestFinished(() => holder.end());
  // What both ways to drop rows hold while they run.
  await holder.query("SELECT pg_advisory_lock(7415064)");
  const sink = createSink({ ...identity, databaseUrl, limits, onEvent });
  onTestFinished(() => sink.close());
  await sink.claim(0, 0);
  expect(events).toEqual([]);
  await vi.waitFor(async () => {
    expect(await holder.query("SELECT pg_advisory_unlock(7415064) AS held")).toMatchObject({ rows: [{ held: true }] });
  });
});
