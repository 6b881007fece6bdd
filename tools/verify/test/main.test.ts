import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  consume,
  createTopic,
  fromSource,
  messageOf,
  produce,
  query,
  recordsOf,
  run,
  runOf,
  startServers,
  type Ended,
  type TestServers,
} from "./servers.js";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const program = [...fromSource, main];
let servers: TestServers;
let databaseUrl: string;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tidemark-verify-main-"));
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, "default", 4);
  const records = recordsOf(runOf("default", 3_000));
  await produce(
    servers,
    "default",
    records.map((record) => messageOf(record, 4)),
  );
  await consume(servers, "default", databaseUrl);
});

afterAll(async () => {
  await servers.close();
  await rm(directory, { recursive: true });
});

/** What was said beside how far it was, which a slow machine hears of. */
const withoutProgress = (err: string) =>
  err.replaceAll(/^[\d,]+ of [\d,]+ (offsets compared|events placed|panels' queries compared) .*\n/gm, "");

async function runMain(args: readonly string[], env: Record<string, string> = {}) {
  const addresses = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl };
  const { code, out, err } = await run([...program, ...args], { ...addresses, KAFKA_TOPIC: "default", ...env });
  return { code, out, err: withoutProgress(err) };
}

/** The same, for what happens while it runs. */
function spawnMain(
  args: readonly string[],
  stdio: StdioOptions = ["ignore", "pipe", "pipe"],
  more: Record<string, string> = {},
): ChildProcess {
  const addresses = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl };
  const env = { ...process.env, ...addresses, KAFKA_TOPIC: "default", ...more };
  return spawn(process.execPath, [...program, ...args], { env, stdio });
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err: withoutProgress(err) };
}

const scenario = ["--scenario=default", "--seed=7", "--events=3000"];

describe("verify:run", () => {
  it("ends with 0 and says so where all is equal", async () => {
    const { code, out, err } = await runMain(scenario);
    expect(out).toMatch(/^Topic default: 4 partitions, 3,000 records read\./);
    expect(out).toMatch(/\n {2}events +3,000 {2}equal\n/);
    expect(out).toMatch(/\nEqual\.\n$/);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it("ends with 1 and the first differences where it is not, with --json as one object", async () => {
    const other = await servers.copyDatabase(databaseUrl);
    await query(other, "UPDATE socmed_1m SET sales = sales + 1");
    const text = await runMain(["--differences=1"], { DATABASE_URL: other });
    expect(text).toMatchObject({ code: 1, err: "" });
    expect(text.out).toMatch(/socmed_1m\.sales: \d+ wrong values\n\n1 of them in full:\n\n {2}socmed_1m\.sales, /);
    const json = await runMain(["--differences=1", "--json"], { DATABASE_URL: other });
    expect(json).toMatchObject({ code: 1, err: "" });
    expect(JSON.parse(json.out)).toMatchObject({ equal: false, events: null, differences: [{ column: "sales" }] });
  });

  it("finds that it was another seed", async () => {
    const { code, out } = await runMain(["--scenario=default", "--seed=8", "--events=3000"]);
    expect(code).toBe(1);
    expect(out).toMatch(/log: [\d,]+ missing events/);
  });

  it("ends with 2 and one sentence where nothing can be said", async () => {
    await writeFile(join(directory, "no.json"), "{}");
    const sentences = await Promise.all([
      runMain(["--differences=x"]),
      runMain(["--topic=nowhere"]),
      runMain(["--scenario=nothing", "--seed=1"]),
      runMain([`--scenario=${join(directory, "no.json")}`, "--seed=1"]),
      runMain(["--scenario=default", "--seed=1"]),
      runMain(["--scenario=day", "--seed=1", "--start-index=99000000"]),
      runMain(["--scenario=deck", "--seed=1", "--events=9", "--rate=0.001", "--start-index=900000000"]),
      runMain([], { DATABASE_URL: "mysql://x" }),
    ]);
    for (const { code, out, err } of sentences) {
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(/^verify: [^\n]+\.\n$/);
    }
  });

  it("takes the topic that a pipeline has read, where only the pipeline is given, and asks which of several", async () => {
    const noTopic = { KAFKA_TOPIC: "" };
    const { code, out, err } = await runMain(["--pipeline=socmed"], noTopic);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^Topic default: 4 partitions, 3,000 records read\./);

    const other = await servers.copyDatabase(databaseUrl);
    await query(other, "UPDATE tidemark.checkpoints SET topic = 'second' WHERE partition = 0");
    expect(await runMain(["--pipeline=socmed"], { ...noTopic, DATABASE_URL: other })).toEqual({
      code: 2,
      out: "",
      err: "verify: The pipeline socmed has read several topics into this database (default, second): choose one of them by --topic or KAFKA_TOPIC.\n",
    });
    expect(await runMain([], { ...noTopic, PIPELINE: "examples/3-own-pipeline/orders.ts" })).toEqual({
      code: 2,
      out: "",
      err: "verify: The tables hold no checkpoint of the pipeline orders: no consumer has read a topic for it into this database.\n",
    });
  });

  it("prints its usage with --help", async () => {
    const { code, out } = await runMain(["--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: nx run verify:run/);
    expect(out).toMatch(/\nNot compared: of a checkpoint its group, epoch and updated_at; /);
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("ends at once and without a stack trace on Ctrl-C", async () => {
    const env = { ...process.env, KAFKA_BROKERS: "", DATABASE_URL: "", TIDEMARK_DIR: directory };
    const child = spawn(process.execPath, program, { env, stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
      if (err.includes("waiting for a stack")) child.kill("SIGINT");
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(130);
    expect(err).toMatch(/^verify: waiting for a stack [^\n]*\n$/);
  });

  it("ends with 130 on Ctrl-C while it reads, and leaves nothing in Kafka", async () => {
    const lock = postgres(databaseUrl, { max: 1 });
    const admin = servers.kafka.admin();
    await admin.connect();
    const listGroups = async () => {
      const { groups } = await admin.listGroups();
      return groups.map(({ groupId }) => groupId).filter((id) => id.startsWith("tidemark-verify-"));
    };
    // It reads the log, and waits for a table that it reads beside it, for as long as the lock is held.
    const ended = await lock.begin(async (transaction) => {
      await transaction.unsafe("LOCK TABLE socmed_late IN ACCESS EXCLUSIVE MODE");
      const child = spawnMain([]);
      await vi.waitFor(async () => expect(await listGroups()).toHaveLength(1), { timeout: 50_000 });
      child.kill("SIGINT");
      return endOf(child);
    });
    expect(ended).toMatchObject({ code: 130, err: "" });
    expect(await listGroups()).toEqual([]);
    await admin.disconnect();
    await lock.end();
  });

  it("ends on a second Ctrl-C, be Kafka as silent as it may", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    const connection = once(silent, "connection");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const child = spawnMain([], undefined, { KAFKA_BROKERS: `127.0.0.1:${port}` });
    const end = endOf(child);
    const [socket] = (await connection) as [Socket];
    // One stop may be signalled twice, by Nx and by the terminal: only a later one is a second.
    await vi.waitFor(() => expect(child.kill("SIGINT") && child.exitCode === null).toBe(false), { timeout: 50_000 });
    expect(await end).toEqual({ code: 130, out: "", err: "" });
    socket.destroy();
    silent.close();
  });

  it.runIf(existsSync("/dev/full"))("ends with 2 and one sentence where its verdict cannot be written", async () => {
    const full = openSync("/dev/full", "w");
    const child = spawnMain([], ["ignore", full, "pipe"]);
    const { code, err } = await endOf(child);
    closeSync(full);
    expect(code).toBe(2);
    expect(err).toMatch(/^verify: [^\n]+ENOSPC[^\n]+\.\n$/);
  });

  it("minds nobody reading what goes wrong", async () => {
    const child = spawnMain(["--scenario=default", "--seed=1"]);
    child.stderr?.destroy();
    expect(await endOf(child)).toMatchObject({ code: 2, out: "" });
  });

  it("minds nobody reading its output any more", async () => {
    const child = spawnMain([]);
    child.stdout?.destroy();
    const { code, err } = await endOf(child);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });
});
