import { existsSync } from "node:fs";
import { rename, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed";
import { startProxy, type ConnectionPlan, type Fate } from "@tidemark/testkit";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { consumeFlagship } from "./flagship.js";
import { Recorder } from "./recorder.js";
import { ownName, produce, query, readLedger, readTables, startServers, type TestServers } from "./servers.js";

const patience = { timeout: 100_000 };
const half = 3_000;
const partitions = 2;

let servers: TestServers;
let databaseUrl: string;
let topic: string;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  servers = await startServers({ max_connections: "20" });
}, 120_000);
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});
afterAll(() => servers.close());

/** A topic with the first half of the events, and a migrated database. */
async function prepare(name: string): Promise<void> {
  topic = ownName(name);
  databaseUrl = await servers.createDatabase();
  await migrate(socmed, databaseUrl);
  await produce(servers.broker, topic, half, partitions);
}

/** The consumer at work, until it is stopped. */
function consume(through = databaseUrl, untilCaughtUp = false) {
  const stop = new AbortController();
  const reporter = new Recorder();
  const place = { broker: servers.broker, databaseUrl: through, topic, group: topic };
  const ended = consumeFlagship({ ...place, untilCaughtUp, reporter, signal: stop.signal });
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  cleanUps.push(end);
  return { notes: reporter.notes, ended, end };
}

async function untilRead(records: number): Promise<void> {
  await expect.poll(() => readLedger(databaseUrl).catch(() => undefined), patience).toMatchObject({ offsets: records });
}

/** The rest of the log arrives, and all of it is in the tables as if nothing had been. */
async function expectUndisturbed(consumer: ReturnType<typeof consume>): Promise<void> {
  await untilRead(2 * half);
  await consumer.end();
  const found = await readTables(databaseUrl);
  databaseUrl = await servers.createDatabase();
  await migrate(socmed, databaseUrl);
  await consume(databaseUrl, true).ended;
  expect(found).toEqual(await readTables(databaseUrl));
}

async function openConnection(): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl });
  client.on("error", () => {});
  await client.connect();
  cleanUps.push(() => client.end().catch(() => {}));
  return client;
}

/** The second half comes while Postgres has the trouble; it is over once the consumer has said so. Gives all that it said. */
async function bear(strike: () => Promise<() => Promise<unknown>>, said: RegExp): Promise<string> {
  const consumer = consume();
  await untilRead(half);
  const lift = await strike();
  await produce(servers.broker, topic, half, partitions, half);
  await expect.poll(() => consumer.notes.join("\n"), patience).toMatch(said);
  await lift();
  await expectUndisturbed(consumer);
  return consumer.notes.join("\n");
}

const back = /Postgres is back after \d+ tries/;

describe("the consumer waits, says so, goes on, and loses and doubles nothing", { timeout: 240_000 }, () => {
  it("while Postgres is away for long, still a member of its group, and tells it again and again", async () => {
    await prepare("away");
    const consumer = consume();
    await untilRead(half);
    await servers.stopPostgres();
    await produce(servers.broker, topic, half, partitions, half);
    const told = () => consumer.notes.filter((note) => note.startsWith("Postgres is away (connect ECONNREFUSED"));
    await expect.poll(() => told().length, patience).toBeGreaterThan(2);
    await servers.restartPostgres();
    await expectUndisturbed(consumer);
    expect(consumer.notes.filter((note) => note.startsWith("reads partitions"))).toHaveLength(1);
  });

  it("when Postgres is restarted in the middle of a backlog", async () => {
    await prepare("restarted");
    await produce(servers.broker, topic, half, partitions, half);
    const consumer = consume();
    await expect
      .poll(() => query(databaseUrl, "SELECT FROM pg_stat_activity WHERE application_name = 'tidemark-sink'"), {
        ...patience,
        interval: 1,
      })
      .not.toEqual([]);
    await servers.stopPostgres();
    await servers.restartPostgres();
    await expectUndisturbed(consumer);
  });

  it("when others take all its connections", async () => {
    await prepare("crowded");
    const said = await bear(async () => {
      const others: Client[] = [await openConnection()];
      const crowd = async (): Promise<void> => {
        for (;;) others.push(await openConnection());
      };
      await expect(crowd()).rejects.toMatchObject({ code: "53300" });
      await others[0]?.query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'tidemark-sink'",
      );
      await expect(crowd()).rejects.toMatchObject({ code: "53300" });
      return () => Promise.all(others.map((client) => client.end()));
    }, /Postgres is away \(sorry, too many clients already\)/);
    expect(said).toMatch(back);
  });

  // A file system that is full is what /dev/full says of itself: a table lies there for a while.
  it.skipIf(!existsSync("/dev/full"))("when the disk is full", async () => {
    await prepare("full");
    const [row] = await query(databaseUrl, "SELECT pg_relation_filepath('socmed_5s') AS path");
    const path = join(servers.postgresDirectory, String(row?.["path"]));
    await rename(path, `${path}.aside`);
    await symlink("/dev/full", path);
    const consumer = consume();
    await expect
      .poll(() => consumer.notes.join("\n"), patience)
      .toMatch(/Postgres is away \(could not extend file .*: No space left on device\)/);
    expect(await readLedger(databaseUrl)).toMatchObject({ offsets: 0 });
    await produce(servers.broker, topic, half, partitions, half);
    await unlink(path);
    await rename(`${path}.aside`, path);
    // What has the file open goes on with /dev/full.
    await query(
      databaseUrl,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark-sink'",
    );
    await expectUndisturbed(consumer);
  });

  it.each([
    ["its checkpoint rows", "SELECT FROM tidemark.checkpoints FOR UPDATE"],
    ["a table", "LOCK TABLE socmed_5s IN ACCESS EXCLUSIVE MODE"],
    ["a partitioned table", "LOCK TABLE socmed_user_sales IN ACCESS EXCLUSIVE MODE"],
  ])("when somebody keeps a lock on %s", async (what, lock) => {
    await prepare(`locked-${what.split(" ").at(-1)}-${lock.length}`);
    const said = await bear(async () => {
      const other = await openConnection();
      await other.query(`BEGIN; ${lock}`);
      return () => other.query("ROLLBACK");
    }, /Postgres is away \(canceling statement due to lock timeout\)/);
    expect(said).toMatch(back);
  });

  it("when its statements time out", async () => {
    await prepare("slow");
    await query(
      databaseUrl,
      `CREATE TABLE slow ();
       CREATE FUNCTION sleep_while_slow() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF to_regclass('slow') IS NOT NULL THEN PERFORM pg_sleep(3600); END IF; RETURN NEW; END $$`,
    );
    const said = await bear(async () => {
      await query(
        databaseUrl,
        "CREATE TRIGGER slow BEFORE UPDATE ON tidemark.checkpoints FOR EACH ROW EXECUTE FUNCTION sleep_while_slow()",
      );
      return () => query(databaseUrl, "DROP TABLE slow");
    }, /Postgres is away \(canceling statement due to statement timeout\)/);
    expect(said).toMatch(back);
  });
});

describe("the consumer loses and doubles nothing", { timeout: 240_000 }, () => {
  async function consumeThrough(planOf: (connection: number) => ConnectionPlan) {
    const proxy = await startProxy(Number(new URL(databaseUrl).port), planOf);
    const consumer = consume(proxy.through(databaseUrl));
    // Cleaned up in the opposite order.
    cleanUps.splice(-1, 0, () => proxy.close());
    return { proxy, consumer };
  }

  it("when Postgres sleeps while nothing comes, and takes seconds for its first connections", async () => {
    await prepare("asleep");
    const { proxy, consumer } = await consumeThrough(() => ({ delayMs: 2_000 }));
    await untilRead(half);
    proxy.cut();
    const before = proxy.connections();
    await produce(servers.broker, topic, half, partitions, half);
    await expectUndisturbed(consumer);
    expect(proxy.connections()).toBeGreaterThan(before);
  });

  it("when its connections are cut in the middle of its transactions", async () => {
    await prepare("cut");
    let cuts = 0;
    const { consumer } = await consumeThrough(() => {
      let sent = 0;
      const fromClient = (chunk: Buffer): Fate => {
        sent += chunk.length;
        if (cuts >= 6 || sent < 100_000) return "pass";
        cuts += 1;
        return "cut";
      };
      return { fromClient };
    });
    await produce(servers.broker, topic, half, partitions, half);
    await expectUndisturbed(consumer);
    expect(cuts).toBe(6);
    expect(consumer.notes.join("\n")).toMatch(/Postgres is away \(/);
  });

  it("when commits are carried out, but their answers never arrive", async () => {
    await prepare("unheard");
    let unheard = 0;
    const { consumer } = await consumeThrough(() => ({
      fromServer(chunk) {
        if (!chunk.includes("COMMIT\0") || unheard >= 4) return "pass";
        unheard += 1;
        return "cut";
      },
    }));
    await produce(servers.broker, topic, half, partitions, half);
    await expectUndisturbed(consumer);
    expect(unheard).toBe(4);
  });
});
