import { startProxy } from "@tidemark/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createProgressReader, createSink, isUnavailable, migrate, type SinkEvent } from "../../src/index.js";
import { checkpointOf, commit } from "../contract/fixtures.js";
import { createPostgresStore, type PostgresStore } from "../contract/postgres-store.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { errorAnswer } from "./error-answer.js";
import { identity, pipeline } from "./partition-writer.js";

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

const onEvent = (event: SinkEvent) => void events.push(event);
const limits = { statementTimeoutMs: 8_000, lockTimeoutMs: 4_000, idleInTransactionTimeoutMs: 8_000 };

const passing = [
  "08000 08001 08003 08004 08006 08007 08P01",
  "25006 25P02 25P03 25P04",
  "40000 40001 40003 40P01",
  "53000 53100 53200 53300 53400",
  "55006 55P03",
  "57000 57014 57P01 57P02 57P03 57P04 57P05",
  "58000 58030",
  "72000",
].flatMap((states) => states.split(" "));
const final = ["0A000", "26000", "28000", "3D000", "42501", "42601", "42P01", "55000", "XX001", "XX002"];

describe("an error of a session that is open", () => {
  /** The next so many updates of checkpoints fail with this state. */
  async function failNext(state: string, times: number): Promise<void> {
    await server.query(
      store.databaseUrl,
      `CREATE SEQUENCE failures;
       CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('failures') <= ${times} THEN RAISE EXCEPTION 'what it said' USING ERRCODE = '${state}'; END IF;
         RETURN NEW;
       END $$;
       CREATE TRIGGER fail BEFORE UPDATE ON tidemark.checkpoints FOR EACH ROW EXECUTE FUNCTION fail()`,
    );
  }

  it.each(passing)("is waited out where it is %s, by a claim and by a commit", async (state) => {
    const sink = store.open({ onEvent });
    const first = await sink.claim(0, 0);
    await failNext(state, 2);
    await commit(sink, first, 0, checkpointOf([0], 1));
    expect(events.map(({ kind }) => kind)).toEqual(["unavailable", "unavailable", "available"]);
    await server.query(store.databaseUrl, "ALTER SEQUENCE failures RESTART");
    expect(await sink.claim(0, 0)).toMatchObject({ epoch: 2, nextOffset: 1 });
    expect(events).toHaveLength(6);
  });

  it.each(final)("ends a claim and a commit at once where it is %s, by the server's own message", async (state) => {
    const sink = store.open({ onEvent });
    const claim = await sink.claim(0, 0);
    await failNext(state, 1_000);
    const failure = { code: state, message: "what it said" };
    await expect(commit(sink, claim, 0, checkpointOf([0], 1))).rejects.toMatchObject(failure);
    await expect(sink.claim(0, 0)).rejects.toMatchObject(failure);
    expect(events).toEqual([]);
  });

  it.each(["XX000", "58P01"])(
    "is waited out where it is %s, and ends the work when it does not pass",
    async (state) => {
      const sink = store.open({ onEvent, limits: { ...limits, internalErrorLimitMs: 200 } });
      const claim = await sink.claim(0, 0);
      await failNext(state, 1);
      await commit(sink, claim, 0, checkpointOf([0], 1));
      expect(events.map(({ kind }) => kind)).toEqual(["unavailable", "available"]);
      await server.query(
        store.databaseUrl,
        "DROP TRIGGER fail ON tidemark.checkpoints; DROP FUNCTION fail; DROP SEQUENCE failures",
      );
      await failNext(state, 1_000);
      await expect(sink.claim(0, 0)).rejects.toMatchObject({ code: state, message: "what it said" });
      expect(events.length).toBeGreaterThan(2);
    },
  );
});

describe("an error before a session is open", () => {
  async function answerFirst(connections: number, state: string): Promise<string> {
    const proxy = await startProxy(Number(new URL(store.databaseUrl).port), (connection) =>
      connection <= connections ? { answer: errorAnswer(state, "what it said") } : {},
    );
    onTestFinished(() => proxy.close());
    return `${proxy.through(store.databaseUrl)}?sslmode=disable`;
  }

  function open(databaseUrl: string, internalErrorLimitMs?: number) {
    const given = internalErrorLimitMs === undefined ? limits : { ...limits, internalErrorLimitMs };
    const sink = createSink({ ...identity, databaseUrl, onEvent, limits: given });
    onTestFinished(() => sink.close());
    return sink;
  }

  const early = ["23505", "54000", "55000", "P0001", "XX000", ...passing];

  it.each(early)("is waited out where it is %s, whatever it would mean later", async (state) => {
    const sink = open(await answerFirst(2, state));
    expect(await sink.claim(0, 0)).toMatchObject({ epoch: 1 });
    expect(events.map(({ kind }) => kind)).toEqual(["unavailable", "unavailable", "available"]);
  });

  const refusals = ["28000", "28P01", "3D000", "42501", "42704", "22023", "0A000", "XX001"];

  it.each(refusals)("ends a claim at once where it is %s, by the server's own message", async (state) => {
    await expect(open(await answerFirst(1_000, state)).claim(0, 0)).rejects.toMatchObject({
      code: state,
      message: "what it said",
    });
    expect(events).toEqual([]);
  });

  it("ends a claim where it is XX000 and does not pass", async () => {
    const sink = open(await answerFirst(1_000, "XX000"), 200);
    await expect(sink.claim(0, 0)).rejects.toMatchObject({ code: "XX000", message: "what it said" });
    expect(events.length).toBeGreaterThan(0);
  });

  it("is told apart from a later one through each driver", async () => {
    for (const state of early) {
      const databaseUrl = await answerFirst(1_000, state);
      const reader = createProgressReader(databaseUrl, { pipeline: "orders", topic: "t" });
      onTestFinished(() => reader.close());
      expect(await reader.read().catch(isUnavailable), state).toBe(true);
      expect(await migrate(pipeline, databaseUrl).catch(isUnavailable), state).toBe(true);
    }
    const refused = await answerFirst(1_000, "42501");
    await expect(migrate(pipeline, refused)).rejects.toMatchObject({ code: "42501", message: "what it said" });
  });
});
