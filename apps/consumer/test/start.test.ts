import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { environment, start, type ConsumerProcess } from "./consumer-process.js";
import { ownName, produce, query, readLedger, startServers, type TestServers } from "./servers.js";

const patience = { timeout: 60_000 };

let servers: TestServers;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
});
beforeEach(async () => {
  databaseUrl = await servers.createDatabase();
});
afterAll(() => servers.close());

function run(args: readonly string[], env: Readonly<Record<string, string>>): ConsumerProcess {
  const consumer = start(args, env);
  onTestFinished(() => void consumer.child.kill("SIGKILL"));
  return consumer;
}

async function untilSaid(consumer: ConsumerProcess, pattern: RegExp): Promise<void> {
  await expect.poll(() => `${consumer.text.stdout}${consumer.text.stderr}`, patience).toMatch(pattern);
}

describe("a consumer that starts", { timeout: 240_000 }, () => {
  it("waits for a Postgres that refuses connections, says so at once, and goes on when it has come", async () => {
    await produce(servers.broker, ownName("early"), 200);
    await servers.stopPostgres();
    const consumer = run(["--until-caught-up"], environment(servers, databaseUrl, "early"));
    try {
      await untilSaid(consumer, /Postgres is away \(connect ECONNREFUSED/);
    } finally {
      await servers.restartPostgres();
    }
    expect(await consumer.ended).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/Postgres is back after \d+ tries/),
    });
    expect(await readLedger(databaseUrl)).toMatchObject({ offsets: 200 });
  });

  it("waits for a Kafka that refuses connections, says so at once, and goes on when it has come", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tidemark-late-kafka-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    let broker = await startBroker({ dataDir });
    await produce(broker, ownName("late"), 200);
    await broker.close();
    const consumer = run(["--until-caught-up"], environment({ broker }, databaseUrl, "late"));
    await untilSaid(consumer, /Kafka is away \(.*ECONNREFUSED/);
    broker = await startBroker({ dataDir, port: Number(broker.address.split(":").at(-1)) });
    onTestFinished(() => broker.close());
    expect(await consumer.ended).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("Kafka is back"),
    });
    expect(await readLedger(databaseUrl)).toMatchObject({ offsets: 200 });
  });

  it("says what it waits for where a member of its group was killed", async () => {
    await produce(servers.broker, ownName("killed"), 200);
    const env = environment(servers, databaseUrl, "killed");
    const first = run([], env);
    await untilSaid(first, /reads partitions/);
    // On a busy machine a consumer takes longer to start than a session lasts.
    const second = run([], env);
    await untilSaid(second, /writes to/);
    first.child.kill("SIGKILL");
    await first.ended;
    await untilSaid(second, /waiting for the partitions of group \S+: a member that ended without leaving it/);
    await untilSaid(second, /reads partitions 0, 1/);
    expect(second.text.stderr).toBe("");
  });

  it("says whom it waits for where another migrates", async () => {
    await produce(servers.broker, ownName("migrating"), 200);
    const other = new Client({ connectionString: databaseUrl, application_name: "another-job" });
    await other.connect();
    onTestFinished(() => other.end().catch(() => {}));
    const { rows } = await other.query<{ pid: number }>(
      "SELECT pg_backend_pid() AS pid FROM pg_advisory_lock(7415062) AS lock",
    );
    const consumer = run(["--until-caught-up"], environment(servers, databaseUrl, "migrating"));
    const holder = String.raw`connection ${rows[0]?.pid} \(another-job, 127\.0\.0\.1\)`;
    await untilSaid(consumer, new RegExp(`waiting to make the tables: ${holder} holds a lock`));
    await other.end();
    expect(await consumer.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("shows at once, in one sentence, what the server says of a migration that it refuses", async () => {
    await query(
      databaseUrl,
      `CREATE FUNCTION deny() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
         RAISE EXCEPTION 'no tables in this database' USING HINT = 'Use the other one.', ERRCODE = '0A000';
       END $$;
       CREATE EVENT TRIGGER deny ON ddl_command_start EXECUTE FUNCTION deny()`,
    );
    const { code, stdout, stderr } = await run([], environment(servers, databaseUrl, "denied")).ended;
    expect(stderr).toMatch(
      /^consumer: Postgres at \S+ refused to make or check the tables: no tables in this database \(0A000\); Use the other one\.\n$/,
    );
    expect(code).toBe(2);
    expect(stdout).toMatch(/^consumer {2}pipeline socmed writes to \S+\n$/);
  });

  it("names the setting to raise where a partition has more ids than it may remember", async () => {
    await produce(servers.broker, ownName("many"), 200);
    const { code, stderr } = await run([], { ...environment(servers, databaseUrl, "many"), MAX_LIVE_IDS: "5" }).ended;
    expect(stderr).toMatch(/^consumer: More than 5 ids are live\. .* MAX_LIVE_IDS sets maxLiveIds\.\n$/);
    expect(code).toBe(2);
  });
});
