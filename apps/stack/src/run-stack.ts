import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readStackFile, removeStackFile, type StackFile, waitForProcessEnd, writeStackFile } from "@tidemark/cli";
import { takeLock } from "./directory-lock.js";
import { makeDirectory } from "./make-directory.js";
import type { StackOptions } from "./options.js";
import { isRefusal, startServers } from "./servers.js";

export interface Terminal {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Runs the stack, or shares the one that runs already, until the signal. Returns the exit code. */
export async function runStack(
  directory: string,
  options: StackOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  if (!options.kafka && !options.postgres) {
    terminal.say("KAFKA_BROKERS and DATABASE_URL are set: nothing to start, idle until stopped");
    await aborted(signal);
    return 0;
  }
  let place;
  try {
    await makeDirectory(directory);
    place = await findPlace(directory, terminal, signal);
  } catch (error) {
    terminal.complain(
      `TIDEMARK_DIR: ${directory} cannot be used (${reason(error)}); it takes a directory to write in.`,
    );
    return 2;
  }
  if (place === undefined) return 0;
  if ("shared" in place) return await share(place.shared, options, terminal, signal);
  try {
    return await own(directory, options, terminal, signal);
  } finally {
    await place.release();
  }
}

type Place = { readonly release: () => Promise<void> } | { readonly shared: StackFile };

/** Either the lock, or the stack that holds it and is ready; undefined when the signal came first. */
async function findPlace(directory: string, terminal: Terminal, signal: AbortSignal): Promise<Place | undefined> {
  for (let first = true; !signal.aborted; first = false) {
    const lock = await takeLock(join(directory, "stack.lock"));
    if (lock.taken) return lock;
    const stack = await readStackFile(directory).catch(() => undefined);
    if (stack?.pid === lock.pid) return { shared: stack };
    // It is starting, or about to end.
    if (first) terminal.say(`waiting for the stack of pid ${lock.pid}`);
    await delay(100, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

async function share(
  stack: StackFile,
  options: StackOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { pid } = stack;
  const lacks = [
    ...(options.kafka && stack.kafkaBrokers === undefined ? ["no Kafka of its own (it has KAFKA_BROKERS)"] : []),
    ...(options.postgres && stack.databaseUrl === undefined ? ["no Postgres of its own (it has DATABASE_URL)"] : []),
  ];
  if (lacks.length > 0) {
    terminal.complain(
      `the running stack (pid ${pid}) has ${lacks.join(" and ")}; stop it first, or set the same here.`,
    );
    return 2;
  }
  terminal.say(`sharing the stack of pid ${pid}: ${describe(stack)}`);
  await waitForProcessEnd(pid, signal);
  if (signal.aborted) return 0;
  terminal.complain(`the stack of pid ${pid}, which this one shared, has ended`);
  return 1;
}

async function own(directory: string, options: StackOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  let servers;
  try {
    servers = await startServers(directory, options, terminal.say);
  } catch (error) {
    terminal.complain(reason(error));
    return isRefusal(error) ? 2 : 1;
  }
  const { kafka, postgres } = servers;
  const stack: StackFile = {
    pid: process.pid,
    ...(kafka && { kafkaBrokers: [kafka.address] }),
    ...(postgres && { databaseUrl: postgres.databaseUrl }),
  };
  try {
    if (signal.aborted) return 0;
    await writeStackFile(directory, stack);
    terminal.say(`${describe(stack)}, data in ${shortPath(directory)}`);
    const failure = await Promise.race([servers.failed, aborted(signal)]);
    if (failure === undefined) return 0;
    terminal.complain(failure);
    return 1;
  } finally {
    await removeStackFile(directory, process.pid);
    await servers.close();
    terminal.say("stopped");
  }
}

function describe({ kafkaBrokers, databaseUrl }: StackFile): string {
  const kafka = kafkaBrokers === undefined ? "your own Kafka" : `Kafka ${kafkaBrokers.join(",")}`;
  const postgres = databaseUrl === undefined ? "your own Postgres" : `Postgres ${new URL(databaseUrl).host}`;
  return `${kafka}, ${postgres}`;
}

/** A path as people read it: from where they stand, if that is shorter. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== "" && !fromHere.startsWith("..") ? fromHere : path;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    // A listener alone doesn't keep the process running.
    const alive = setInterval(() => undefined, 1 << 30);
    const stop = (): void => {
      clearInterval(alive);
      resolve(undefined);
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
}
