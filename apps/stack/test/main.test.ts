import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isProcessAlive } from "@tidemark/cli";
import { until } from "@tidemark/testkit";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { expect, test } from "vitest";
import { defaultPorts } from "../src/servers.js";
import { command, preparedDirectory, processesOf, run, start, takePort, temporaryDirectory } from "./running-stack.js";

async function listTopics(brokers: readonly string[]): Promise<string[]> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

async function ask(databaseUrl: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

test("stack.json leads clients to both servers, and after Ctrl-C nothing is left but the data", async () => {
  const directory = await temporaryDirectory();
  const first = await start({ directory });
  expect(first.file).toEqual({
    pid: first.pid,
    kafkaBrokers: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
    databaseUrl: expect.stringMatching(/^postgresql:\/\/postgres:\w+@127\.0\.0\.1:\d+\/tidemark$/),
  });
  expect(await listTopics(first.file.kafkaBrokers ?? [])).toEqual([]);
  await ask(first.file.databaseUrl ?? "", "CREATE TABLE kept AS SELECT 42 AS answer");
  expect(first.output()).toMatch(
    /^stack {2}Kafka 127\.0\.0\.1:\d+, Postgres 127\.0\.0\.1:\d+, data in \/.*tidemark-stack-\w+$/m,
  );
  first.child.kill("SIGINT");
  expect(await first.exited).toBe(0);
  await until(async () => (await processesOf(directory)).length === 0);
  expect((await readdir(directory)).toSorted()).toEqual(["kafka", "postgres"]);

  const second = await start({ directory });
  expect(await ask(second.file.databaseUrl ?? "", "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  expect(second.output()).not.toContain("making a Postgres");
  second.child.kill("SIGTERM");
  expect(await second.exited).toBe(0);
  await until(async () => (await processesOf(directory)).length === 0);
});

test("a closed terminal ends the stack, unless it is detached", async () => {
  const directory = await preparedDirectory();
  const first = await start({ directory, args: ["--detached"] });
  first.child.kill("SIGHUP");
  expect(await ask(first.file.databaseUrl ?? "", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  first.child.kill("SIGTERM");
  expect(await first.exited).toBe(0);
  const second = await start({ directory });
  second.child.kill("SIGHUP");
  expect(await second.exited).toBe(0);
});

test("a stack that was killed leaves no process, and the next one takes its place", async () => {
  const directory = await preparedDirectory();
  const first = await start({ directory });
  first.child.kill("SIGKILL");
  await until(async () => (await processesOf(directory)).length === 0);
  await access(join(directory, "stack.json"));
  const second = await start({ directory });
  expect(second.file.pid).toBe(second.pid);
});

test("a stack whose parent was killed stops, unless it is detached", async () => {
  const directory = await preparedDirectory();
  const inShell = ["/bin/sh", "-c", '"$@" & wait', "sh", ...command];
  const first = await start({ directory, command: inShell });
  expect(first.file.pid).not.toBe(first.pid);
  first.child.kill("SIGKILL");
  await until(async () => (await processesOf(directory)).length === 0);
  expect(await readdir(directory)).not.toContain("stack.json");

  const second = await start({ directory, command: inShell, args: ["--detached"] });
  second.child.kill("SIGKILL");
  await until(() => !isProcessAlive(second.pid));
  expect(await ask(second.file.databaseUrl ?? "", "SELECT pg_sleep(1.2)::text AS slept")).toEqual([{ slept: "" }]);
  expect(isProcessAlive(second.file.pid)).toBe(true);
  process.kill(second.file.pid, "SIGTERM");
  await until(async () => (await processesOf(directory)).length === 0);
});

test("a stack stops when the process that started it through a shell is killed, though the shell lives on", async () => {
  const directory = await preparedDirectory();
  // Like Nx: a process that runs its command by `sh -c`, in a group of its own.
  const starter = `require("node:child_process").spawn("/bin/sh", ["-c", '"$@"; true', "sh", ...process.argv.slice(1)],
    { stdio: "inherit", detached: true })`;
  const stack = await start({ directory, command: [process.execPath, "-e", starter, "--", ...command] });
  stack.child.kill("SIGKILL");
  await until(async () => (await processesOf(directory)).length === 0);
  expect(await readdir(directory)).not.toContain("stack.json");
});

test("a default port that is taken makes way for a free one, said aloud", async () => {
  // On a machine where it is taken already, that will do.
  const taken = await Promise.all(Object.values(defaultPorts).map((port) => takePort(port).catch(() => undefined)));
  const running = run({ directory: await preparedDirectory() });
  await running.says(/data in /);
  expect(running.output()).toMatch(/port 19092 is taken: Kafka listens on \d+/);
  expect(running.output()).toMatch(/port 15432 is taken: Postgres listens on \d+/);
  await Promise.all(taken.map((port) => port?.release()));
});

test("a second stack shares the first, and ends when the first is gone, with a code that its dependents see", async () => {
  const directory = await preparedDirectory();
  const owner = await start({ directory });
  const [leaver, sharer] = [run({ directory }), run({ directory })];
  await leaver.says(new RegExp(`sharing the stack of pid ${owner.pid}: Kafka 127.*, Postgres 127`));
  await sharer.says(/sharing/);
  leaver.child.kill("SIGINT");
  expect(await leaver.exited).toBe(0);
  expect(await ask(owner.file.databaseUrl ?? "", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  owner.child.kill("SIGKILL");
  expect(await sharer.exited).toBe(1);
  expect(sharer.output()).toContain(`the stack of pid ${owner.pid}, which this one shared, has ended`);
});

test("of stacks that start at once one owns the servers, and the others share them", async () => {
  const directory = await preparedDirectory();
  const stacks = [1, 2, 3].map(() => run({ directory }));
  await Promise.all(stacks.map((stack) => stack.says(/data in |sharing the stack/)));
  expect(stacks.filter((stack) => /data in /.test(stack.output()))).toHaveLength(1);
  expect(stacks.filter((stack) => /sharing the stack/.test(stack.output()))).toHaveLength(2);
});

test("a Postgres that is killed ends the stack, which says so", async () => {
  const directory = await preparedDirectory();
  const stack = await start({ directory });
  const [postmaster] = (await readFile(join(directory, "postgres", "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(postmaster), "SIGKILL");
  expect(await stack.exited).toBe(1);
  expect(stack.output()).toContain("Postgres has ended by itself");
  await until(async () => (await processesOf(directory)).length === 0);
  expect(await readdir(directory)).not.toContain("stack.json");
});

test("where both addresses are set it starts nothing and idles", async () => {
  const directory = join(await temporaryDirectory(), "data");
  const stack = run({ directory, env: { KAFKA_BROKERS: "own:9092", DATABASE_URL: "postgresql://own/db" } });
  await stack.says(/nothing to start, idle until stopped/);
  await expect(access(directory)).rejects.toThrow("ENOENT");
  stack.child.kill("SIGTERM");
  expect(await stack.exited).toBe(0);
});

test("where one address is set it starts the other server alone, and a stack that needs both doesn't share it", async () => {
  const directory = await temporaryDirectory();
  const stack = await start({ directory, env: { DATABASE_URL: "postgresql://me:secret@own/db" } });
  expect(stack.file).toEqual({ pid: stack.pid, kafkaBrokers: [expect.any(String)] });
  expect(stack.output()).toMatch(/Kafka 127\.0\.0\.1:\d+, your own Postgres/);
  expect(stack.output()).not.toContain("secret");
  expect((await readdir(directory)).toSorted()).toEqual(["kafka", "stack.json", "stack.lock"]);
  const other = run({ directory });
  expect(await other.exited).toBe(2);
  expect(other.output()).toMatch(/the running stack \(pid \d+\) has no Postgres of its own/);
});

test("--help prints the usage", async () => {
  const stack = run({ directory: "/nowhere", args: ["--help"] });
  expect(await stack.exited).toBe(0);
  expect(stack.output()).toMatch(/^Usage: nx run stack:serve/);
});

test("whatever is wrong gives one sentence and exit code 2", async () => {
  const parent = await temporaryDirectory();
  await writeFile(join(parent, "file"), "");
  await mkdir(join(parent, "old", "postgres"), { recursive: true });
  await mkdir(join(parent, "odd", "stack.lock", "x"), { recursive: true });
  await writeFile(join(parent, "old", "postgres", "PG_VERSION"), "16\n");
  const { port, release } = await takePort();
  const good = join(parent, "good");
  const cases = [
    { stack: run({ directory: good, args: ["--port=1"] }), says: "--port" },
    { stack: run({ directory: good, env: { KAFKA_BROKERS: "here" } }), says: "KAFKA_BROKERS" },
    { stack: run({ directory: join(parent, "file") }), says: "TIDEMARK_DIR" },
    { stack: run({ directory: join(parent, "odd") }), says: "TIDEMARK_DIR" },
    { stack: run({ directory: join(parent, "old") }), says: "Postgres 16" },
    { stack: run({ directory: good, args: [`--kafka-port=${port}`] }), says: String(port) },
  ];
  for (const { stack, says } of cases) {
    expect(await stack.exited).toBe(2);
    expect(stack.stderr()).toContain(says);
    expect(stack.stderr()).toMatch(/^stack {2}.+\n$/);
  }
  await until(async () => (await processesOf(parent)).length === 0);
  await release();
});
