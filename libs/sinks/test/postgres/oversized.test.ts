import { startProxy } from "@tidemark/testkit";
import { bigint, integer, pgTable } from "drizzle-orm/pg-core";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { createSink, migrate, type CommitOptions, type Sink, type SinkEvent } from "../../src/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity } from "./partition-writer.js";

const table = pgTable("orders", {
  partition: integer("partition").notNull(),
  offset: bigint("offset", { mode: "number" }).notNull(),
});
const pipeline = { data: { name: "lone", allowedLatenessMs: 0 }, tables: { raw: { table }, rollups: [] } };
const limits = { statementTimeoutMs: 400, lockTimeoutMs: 300, idleInTransactionTimeoutMs: 8_000 };

let server: TestServer;
let url: string;
let sinks: Sink[];
let events: SinkEvent[];
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  sinks = [];
  events = [];
  url = await server.createDatabase();
  await server.query(
    url,
    `CREATE TABLE orders (partition int NOT NULL, "offset" bigint NOT NULL);
     CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END';
     CREATE TRIGGER work BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION work()`,
  );
  await migrate(pipeline, url);
});
afterEach(() => Promise.all(sinks.map((sink) => sink.close())));

function open(databaseUrl = url): Sink {
  const sink = createSink({ ...identity, databaseUrl, pipeline, limits, onEvent: (event) => events.push(event) });
  sinks.push(sink);
  return sink;
}

/** Commits so many rows as the first checkpoint of the partition, which takes 0.1 s for each. */
async function commit(sink: Sink, rows: number, options: CommitOptions): Promise<void> {
  const claim = await sink.claim(0, 0);
  const buffer = sink.openBuffer(0);
  buffer.add({ rows: Array.from({ length: rows }, (_, offset) => ({ offset })) });
  const ledger = { ...claim.ledger, read: rows, counted: rows };
  const times = { watermarkMs: -Infinity, maxEventTimeMs: -Infinity };
  await sink.commit(claim, 0, { nextOffset: rows, ...times, ledger, changed: [] }, buffer, options);
}

const stored = async () => (await server.query(url, "SELECT count(*)::int AS rows FROM orders"))[0]?.["rows"];

it("does not try a checkpoint that takes too long again where a smaller one can be made", async () => {
  const refusal = await commit(open(), 10, { isDivisible: true }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "oversized-checkpoint", cause: { code: "57014" } });
  expect(await stored()).toBe(0);
  // It does not report Postgres as unavailable.
  expect(events).toEqual([]);
  await commit(open(), 2, { isDivisible: true });
  expect(await stored()).toBe(2);
});

it("gives a checkpoint that cannot be smaller more time with each try", async () => {
  let attempts = 0;
  await commit(open(), 10, { onAttempt: () => (attempts += 1) });
  expect(await stored()).toBe(10);
  // 0.4 s, 0.8 s, 1.6 s; a busy machine may need one more.
  expect(attempts).toBeGreaterThanOrEqual(3);
  expect(events).toMatchObject([
    { kind: "unavailable", error: { code: "57014" } },
    { kind: "unavailable", error: { code: "57014" } },
    ...events.slice(2),
  ]);
});

it("waits for a lock with the same checkpoint: a smaller one would wait for it too", async () => {
  const sink = open();
  await server.query(url, "DROP TRIGGER work ON orders");
  const blocker = new Client({ connectionString: url });
  onTestFinished(() => blocker.end());
  await blocker.connect();
  await blocker.query("BEGIN; LOCK TABLE orders");
  const committed = commit(sink, 10, { isDivisible: true });
  await expect.poll(() => events.length, { timeout: 20_000 }).toBeGreaterThan(1);
  await blocker.query("COMMIT");
  await committed;
  expect(await stored()).toBe(10);
  expect(events[0]).toMatchObject({ error: { code: "55P03" } });
});

it("waits with the same checkpoint while its first statement is slow, which does not depend on its size", async () => {
  const sink = open();
  await server.query(
    url,
    `DROP TRIGGER work ON orders;
     CREATE TABLE slow ();
     CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN IF to_regclass('slow') IS NOT NULL THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$;
     CREATE TRIGGER slow BEFORE UPDATE OF next_offset ON tidemark.checkpoints FOR EACH ROW EXECUTE FUNCTION sleep()`,
  );
  const committed = commit(sink, 10, { isDivisible: true });
  await expect.poll(() => events.length, { timeout: 20_000 }).toBeGreaterThan(1);
  await server.query(url, "DROP TABLE slow");
  await committed;
  expect(await stored()).toBe(10);
  expect(events[0]).toMatchObject({ error: { code: "57014" } });
});

it("asks for a smaller checkpoint when several connections in a row break while its rows are sent", async () => {
  await server.query(url, "DROP TRIGGER work ON orders");
  const proxy = await startProxy(Number(new URL(url).port), () => {
    let sent = "";
    return {
      fromClient(chunk) {
        sent += chunk.toString("latin1");
        return sent.includes("COPY") ? "cut" : "pass";
      },
    };
  });
  onTestFinished(() => proxy.close());
  const refusal = await commit(open(proxy.through(url)), 10, { isDivisible: true }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "oversized-checkpoint" });
  expect(events).toHaveLength(2);
});

it("says how much of a checkpoint has been sent", async () => {
  await server.query(url, "DROP TRIGGER work ON orders");
  let sentBytes = () => 0;
  await commit(open(), 1_000, { onAttempt: (attempt) => ({ sentBytes } = attempt) });
  // Each row has two fields and their lengths, and the number of both.
  expect(sentBytes()).toBeGreaterThan(1_000 * 22);
});
