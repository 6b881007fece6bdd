import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { StackFile } from "@tidemark/cli";
import { startPostgres } from "@tidemark/embedded-postgres";
import { type Program, startProgram, tidemarkProgram, until } from "@tidemark/testkit";
import { afterAll, onTestFinished } from "vitest";

export const command = tidemarkProgram("../src/main.ts", import.meta.url);

let template: Promise<string> | undefined;

/** Such a directory with a Postgres cluster in it already: a copy of one that is made once for each test file. */
export async function preparedDirectory(): Promise<string> {
  template ??= (async () => {
    const made = await mkdtemp(join(tmpdir(), "tidemark-stack-template-"));
    const postgres = await startPostgres({ dataDir: join(made, "postgres") });
    await postgres.close();
    return made;
  })();
  const directory = await temporaryDirectory();
  await promisify(execFile)("cp", ["-a", join(await template, "postgres"), directory]);
  return directory;
}

afterAll(async () => {
  if (template !== undefined) await rm(await template, { recursive: true, force: true });
});

export interface RunOptions {
  readonly directory: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
}

/** A directory that is gone after the test, as are all processes that have to do with it. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tidemark-stack-"));
  onTestFinished(async () => {
    await until(async () => (await processesOf(path)).length === 0);
    await rm(path, { recursive: true, force: true });
  });
  return path;
}

/** Starts the stack's main as its own process, which is killed after the test. */
export function run({ directory, args = [], env = {}, command: words = command }: RunOptions): Program {
  const { KAFKA_BROKERS: _brokers, DATABASE_URL: _url, ...inherited } = process.env;
  return startProgram([...words, ...args], { env: { ...inherited, TIDEMARK_DIR: directory, ...env } });
}

/** Starts the stack on any free ports and waits until it is ready. */
export async function start(options: RunOptions): Promise<Program & { readonly file: StackFile }> {
  const [kafka, postgres] = await Promise.all([findPort(0), findPort(1)]);
  const ports = [`--kafka-port=${kafka}`, `--postgres-port=${postgres}`];
  const running = run({ ...options, args: [...ports, ...(options.args ?? [])] });
  await running.says(/data in /);
  const file = JSON.parse(await readFile(join(options.directory, "stack.json"), "utf8")) as StackFile;
  return { ...running, file };
}

/**
 * A free port below those that systems give away by themselves (from 32768 on), so that nobody comes by it before its use.
 * An odd one for the one server, an even one for the other.
 */
async function findPort(parity: 0 | 1): Promise<number> {
  for (;;) {
    const port = 2 * randomInt(10_000, 16_000) + parity;
    const taken = await takePort(port).catch(() => undefined);
    await taken?.release();
    if (taken !== undefined) return port;
  }
}

export async function takePort(port = 0): Promise<{ readonly port: number; readonly release: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const release = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, release };
}

/** The processes, other than this one, in whose command line or environment the directory stands. Linux alone. */
export async function processesOf(directory: string): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const files = ["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => ""));
      return (await Promise.all(files)).some((text) => text.includes(directory)) ? pid : 0;
    }),
  );
  return found.filter((pid) => pid !== 0);
}
