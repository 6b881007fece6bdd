import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterAll, onTestFinished } from "vitest";
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from "../src/index.js";
import { isAlive } from "../src/process-table.js";

export const asRoot = process.getuid?.() === 0;

/** A directory of mode 0700 that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tidemark-postgres-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A directory that others may not enter, and that is none of `mkdtemp`'s. */
export async function closedDirectory(): Promise<string> {
  const path = join(await temporaryDirectory(), "closed");
  await mkdir(path, { mode: 0o700 });
  return path;
}

let template: Promise<string> | undefined;

/** A directory with a cluster in it: a copy of one that is made once for each test file. */
export async function preparedDirectory(): Promise<string> {
  template ??= (async () => {
    const parent = await mkdtemp(join(tmpdir(), "tidemark-postgres-template-"));
    const made = await startPostgres({ dataDir: join(parent, "data") });
    await made.close();
    return parent;
  })();
  const directory = await temporaryDirectory();
  await promisify(execFile)("cp", ["-a", join(await template, "data"), join(directory, "data")]);
  return join(directory, "data");
}

afterAll(async () => {
  if (template !== undefined) await rm(await template, { recursive: true, force: true });
});

/** Starts Postgres for one test. */
export async function start(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const postgres = await startPostgres(options);
  onTestFinished(() => postgres.close());
  return postgres;
}

export async function query<T extends object>(databaseUrl: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: databaseUrl });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Waits until the condition holds; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

export interface Owner {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  readonly postgres: { readonly pid: number; readonly databaseUrl: string };
}

/** Another Node process that starts Postgres on the directory, with the binaries of `binDir` where that is given. */
export async function startOwner(dataDir: string, ...binDir: readonly string[]): Promise<Owner> {
  const script = fileURLToPath(new URL("owner.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--conditions=@tidemark/source", "--import", "tsx", script, dataDir, ...binDir],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) {
    const postgres = JSON.parse(line) as Owner["postgres"];
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await until(() => !isAlive(postgres.pid));
    });
    return { process: child, postgres };
  }
  throw new Error("the owner ended before it had started Postgres");
}
