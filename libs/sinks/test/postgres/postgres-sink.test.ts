import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Sink, SinkEvent, SinkOptions } from "../../src/index.js";
import { checkpointOf, commit, eventAt } from "../contract/fixtures.js";
import { createPostgresStore, type PostgresStore } from "../contract/postgres-store.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
let store: PostgresStore;
const events: SinkEvent[] = [];

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  store = await createPostgresStore(server);
  events.length = 0;
});
afterEach(() => store.close());

const open = (options: Partial<SinkOptions> = {}): Sink =>
  store.open({ onEvent: (event) => events.push(event), ...options });

const count = async (table: string) =>
  (await server.query(store.databaseUrl, `SELECT count(*)::int AS rows FROM ${table}`))[0]?.["rows"];

// What any sink does is in ../contract; here is what this one does beside it.
describe("the Postgres sink", () => {
  it("makes the day partitions that rows need, from two writers at once", async () => {
    const days = Array.from({ length: 6 }, (_, day) => day);
    const writers = [open(), open()];
    await Promise.all(
      writers.map(async (sink, partition) => {
        const claim = await sink.claim(partition, 0);
        const rows = days.map((day) => eventAt(day, day * 86_400));
        await commit(sink, claim, 0, checkpointOf([], days.length, { rows, changed: [] }));
      }),
    );
    expect(await count("orders")).toBe(12);
    const made = await server.query(
      store.databaseUrl,
      "SELECT count(*)::int AS days FROM pg_inherits WHERE inhparent = 'orders'::regclass",
    );
    expect(made).toEqual([{ days: 6 }]);
  });

  it("takes events of the first and the last day that the schema allows, and of the days around them", async () => {
    const sink = open();
    const claim = await sink.claim(0, 0);
    const times = [-1, 0, 253_402_300_799, 253_402_300_800];
    const rows = times.map((placedAt, offset) => ({ ...eventAt(offset, 0), placedAt }));
    await commit(sink, claim, 0, checkpointOf([], 4, { rows, changed: [] }));
    expect(
      await server.query(
        store.databaseUrl,
        "SELECT extract(epoch FROM placed_at)::int8::text AS ts FROM orders ORDER BY placed_at",
      ),
    ).toEqual(times.map((ts) => ({ ts: String(ts) })));
  });

  it("ends whoever holds the checkpoint row for longer than a statement may take, and says so once", async () => {
    const sink = open({
      limits: { statementTimeoutMs: 200, lockTimeoutMs: 100, idleInTransactionTimeoutMs: 60_000 },
    });
    await sink.claim(0, 0);
    const stopped = new Client({ connectionString: store.databaseUrl, application_name: "some-job" });
    const ended = new Promise<Error>((resolve) => {
      stopped.on("error", resolve);
    });
    await stopped.connect();
    const { rows } = await stopped.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const pid = rows[0]?.pid ?? Number.NaN;
    await stopped.query("BEGIN; UPDATE tidemark.checkpoints SET epoch = epoch");
    // As on a busy machine, it does not end at once.
    process.kill(pid, "SIGSTOP");
    const claiming = sink.claim(0, 0);
    try {
      await vi.waitUntil(() => events.some(({ kind }) => kind === "terminated-blocker"), { timeout: 50_000 });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    } finally {
      process.kill(pid, "SIGCONT");
    }
    const claim = await claiming;
    expect(claim.epoch).toBe(2);
    expect(await ended).toMatchObject({ code: "57P01" });
    const blocker = { pid, applicationName: "some-job", clientAddress: "127.0.0.1" };
    expect(events).toContainEqual({ kind: "blocked", partition: 0, blockers: [blocker] });
    expect(events.filter(({ kind }) => kind !== "blocked")).toEqual([
      { kind: "terminated-blocker", partition: 0, pids: [pid] },
    ]);
  });

  it("goes on by itself when its connections are cut, and writes once", async () => {
    const sink = open();
    const claim = await sink.claim(0, 0);
    await server.query(
      store.databaseUrl,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark-sink'",
    );
    await commit(sink, claim, 0, checkpointOf([0], 1));
    expect(await count("orders")).toBe(1);
  });

  it("waits while Postgres refuses connections, says so, and stops waiting when it is closed", async () => {
    const waiting = open({
      databaseUrl: "postgresql://nobody@127.0.0.1:1/none",
      onEvent: (event) => {
        events.push(event);
        if (events.length === 3) void waiting.close();
      },
    });
    await expect(waiting.claim(0, 0)).rejects.toMatchObject({ code: "closed" });
    expect(events[0]).toMatchObject({ kind: "unavailable", attempt: 1 });
  });
});
