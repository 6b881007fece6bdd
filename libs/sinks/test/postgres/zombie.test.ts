import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findInstalledPostgres } from "@tidemark/embedded-postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { SinkEvent, WriterLimits } from "../../src/index.js";
import { checkpointOf, commit } from "../contract/fixtures.js";
import { createPostgresStore, type PostgresStore } from "../contract/postgres-store.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { closeGate } from "./gate.js";

const minutes = 600_000;
const never: WriterLimits = {
  statementTimeoutMs: minutes,
  lockTimeoutMs: minutes,
  idleInTransactionTimeoutMs: minutes,
};
const short: WriterLimits = { statementTimeoutMs: 300, lockTimeoutMs: 200, idleInTransactionTimeoutMs: minutes };
const patience = { timeout: 100_000, interval: 20 };

/** More than the sockets between can hold: a stopped consumer has not sent all of them. */
const manyRows = 200_000;

const installed = (await findInstalledPostgres()).find(({ major }) => major === 15);

describe("a consumer that is stopped, on Postgres 18 from npm", { timeout: 180_000 }, () => {
  stoppedConsumers();
});

// Skipped, and counted as such, where that Postgres is not installed.
describe.skipIf(installed === undefined)(
  "a consumer that is stopped, on Debian's Postgres 15",
  { timeout: 180_000 },
  () => {
    stoppedConsumers(installed?.binDir);
  },
);

function stoppedConsumers(binDir?: string): void {
  let server: TestServer;
  let store: PostgresStore;
  let events: SinkEvent[];
  beforeAll(async () => {
    server = await startTestServer(binDir);
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    store = await createPostgresStore(server);
    events = [];
  });
  afterEach(() => store.close());

  const backend = async (pid: number) =>
    (
      await server.query(
        store.databaseUrl,
        `SELECT state, wait_event, extract(epoch FROM clock_timestamp() - query_start) * 1000 AS age, bytes_processed::text AS bytes FROM pg_stat_activity LEFT JOIN pg_stat_progress_copy USING (pid)
         WHERE pid = $1`,
        [pid],
      )
    )[0];

  /** Whether a claim is told to be blocked before it goes on is a matter of time. */
  const onEvent = (event: SinkEvent) => void (event.kind !== "blocked" && events.push(event));

  /** A successor claims, and writes three rows. Gives all that the store holds then. */
  async function succeed(limits: WriterLimits) {
    const successor = store.open({ limits, onEvent });
    const claim = await successor.claim(0, 0);
    expect(claim).toMatchObject({ epoch: 2, nextOffset: 0 });
    await commit(successor, claim, 0, checkpointOf([0, 1, 2], 3));
    const contents = await store.read();
    expect(contents.rows).toHaveLength(3);
    expect(contents.checkpoints).toMatchObject([{ epoch: 2, nextOffset: 3 }]);
    return { contents, goOn: () => commit(successor, claim, 3, checkpointOf([3], 4)) };
  }

  it("inside COPY is ended by its successor, since no time-out does; once awake it is fenced, and wrote nothing", async () => {
    const gate = await closeGate(store.databaseUrl, 'BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW."offset" = 1000)');
    const timely = { ...never, statementTimeoutMs: 5_000 };
    const zombie = await startConsumer(store.databaseUrl, manyRows, timely);
    zombie.commit();
    const pid = await gate.arrival();
    zombie.stop();
    await gate.open();
    // What lies in the sockets is taken; then the server waits for a client that sends no more, past the time-out.
    await vi.waitUntil(async () => {
      const { wait_event: event, age } = (await backend(pid)) ?? {};
      return event === "ClientRead" && Number(age) > 1.5 * timely.statementTimeoutMs;
    }, patience);
    const waiting = await backend(pid);
    expect(waiting).toMatchObject({ state: "active", bytes: expect.stringMatching(/^[1-9]/) });

    const { contents, goOn } = await succeed(short);
    expect(events).toEqual([{ kind: "terminated-blocker", partition: 0, pids: [pid] }]);
    zombie.wake();
    expect(await zombie.outcome()).toBe("fenced");
    expect(zombie.said).toContain("unavailable");
    expect(await store.read()).toEqual(contents);
    await goOn();
  });

  it("idle in its transaction is ended by its successor; once awake it is fenced, and wrote nothing", async () => {
    const zombie = await stopIdle(never);
    const { contents, goOn } = await succeed(short);
    expect(events).toEqual([{ kind: "terminated-blocker", partition: 0, pids: [zombie.pid] }]);
    zombie.wake();
    expect(await zombie.outcome()).toBe("fenced");
    expect(await store.read()).toEqual(contents);
    await goOn();
  });

  it("idle in its transaction is ended by its own time-out, too", async () => {
    const zombie = await stopIdle({ ...never, idleInTransactionTimeoutMs: 300 });
    const { contents } = await succeed(never);
    expect(events).toEqual([]);
    zombie.wake();
    expect(await zombie.outcome()).toBe("fenced");
    expect(await store.read()).toEqual(contents);
  });

  /** A consumer that was stopped between the first statement of its transaction, which takes the row, and its COPY. */
  async function stopIdle(limits: WriterLimits) {
    const gate = await closeGate(
      store.databaseUrl,
      "BEFORE UPDATE ON tidemark.checkpoints FOR EACH ROW WHEN (NEW.next_offset = 10)",
    );
    const zombie = await startConsumer(store.databaseUrl, 10, limits);
    zombie.commit();
    const pid = await gate.arrival();
    zombie.stop();
    await gate.open();
    await vi.waitUntil(async () => (await backend(pid))?.["state"] !== "active", patience);
    return { ...zombie, pid };
  }

  it("between its claim and its commit holds up nobody; once awake it is fenced, and wrote nothing", async () => {
    const zombie = await startConsumer(store.databaseUrl, 10, never);
    zombie.stop();
    const { contents, goOn } = await succeed(never);
    expect(events).toEqual([]);
    zombie.wake();
    zombie.commit();
    expect(await zombie.outcome()).toBe("fenced");
    expect(zombie.said).toEqual([]);
    expect(await store.read()).toEqual(contents);
    await goOn();
  });
}

interface Consumer {
  /** Kinds of the events of its sink. */
  readonly said: readonly string[];
  commit(): void;
  stop(): void;
  wake(): void;
  /** How its commit ended: `written`, or the error's code. */
  outcome(): Promise<string>;
}

interface Line {
  readonly claimed?: number;
  readonly said?: string;
  readonly outcome?: string;
}

/** A process of its own with a sink, which has claimed partition 0. */
async function startConsumer(databaseUrl: string, rows: number, limits: WriterLimits): Promise<Consumer> {
  const script = fileURLToPath(new URL("zombie-consumer.ts", import.meta.url));
  const args = ["--conditions=@tidemark/source", "--import", "tsx", script, databaseUrl, String(rows)];
  const child = spawn(process.execPath, [...args, JSON.stringify(limits)], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: Line[] = [];
  const said: string[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.said !== undefined) said.push(line.said);
  });
  const find = <Key extends keyof Line>(key: Key) =>
    vi.waitUntil(() => lines.find((line) => line[key] !== undefined)?.[key], patience);
  expect(await find("claimed")).toBe(1);
  return {
    said,
    commit: () => child.stdin.write("\n"),
    stop: () => child.kill("SIGSTOP"),
    wake: () => child.kill("SIGCONT"),
    outcome: async () => (await find("outcome")) ?? "",
  };
}
