import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { completeAddress } from "@tidemark/sinks/address";
import { parseDatabaseUrl } from "./database-url.js";
import { AddressError } from "./errors.js";
import { parseKafkaBrokers } from "./kafka-brokers.js";
import { isProcessAlive } from "./process-life.js";

/** What a running stack says of itself in stack.json. A server that it did not start has no address in it. */
export interface StackFile {
  readonly pid: number;
  readonly kafkaBrokers?: readonly string[];
  /** The owner's, with the password. */
  readonly databaseUrl?: string;
}

/** Where a stack with its data in `directory` keeps its file. */
export function stackFilePath(directory: string): string {
  return join(directory, "stack.json");
}

/** Reads the text of a stack.json. Throws AddressError `bad-stack-file`, naming `path`. */
export function parseStackFile(text: string, path = "stack.json"): StackFile {
  try {
    const { pid, kafkaBrokers, databaseUrl } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) throw new Error("pid is no process id");
    return {
      pid,
      ...(kafkaBrokers !== undefined && { kafkaBrokers: readBrokers(kafkaBrokers) }),
      ...(databaseUrl !== undefined && { databaseUrl: checkDatabaseUrl(String(databaseUrl)) }),
    };
  } catch (cause) {
    const said = cause instanceof SyntaxError ? "it is not JSON" : cause instanceof Error ? cause.message : "";
    throw new AddressError("bad-stack-file", `${path} is not what a stack writes (${said}). Remove it.`, { cause });
  }
}

/**
 * The file of the stack that runs on this directory; undefined when there is none or its process is gone.
 *
 * Throws AddressError `bad-stack-file`.
 */
export async function readStackFile(directory: string): Promise<StackFile | undefined> {
  const path = stackFilePath(directory);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new AddressError("bad-stack-file", `the running stack's file can't be read: ${message}`, { cause });
  });
  if (text === undefined) return undefined;
  const stack = parseStackFile(text, path);
  return isProcessAlive(stack.pid) ? stack : undefined;
}

/** Writes the file whole or not at all, for its owner alone to read. */
export async function writeStackFile(directory: string, stack: StackFile): Promise<void> {
  const path = stackFilePath(directory);
  const partial = `${path}.${process.pid}.tmp`;
  await writeFile(partial, `${JSON.stringify(stack, undefined, 2)}\n`, { mode: 0o600 });
  await rename(partial, path);
}

/** Removes the file if it is that process's own. */
export async function removeStackFile(directory: string, pid: number): Promise<void> {
  const path = stackFilePath(directory);
  const text = await readFile(path, "utf8").catch(() => "");
  try {
    if (parseStackFile(text, path).pid !== pid) return;
  } catch {
    return;
  }
  await rm(path, { force: true });
}

/** The stack wrote the address: variables of whoever reads it have no part in it. */
function checkDatabaseUrl(text: string): string {
  parseDatabaseUrl(completeAddress(text), "databaseUrl");
  return text;
}

function readBrokers(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) throw new Error("kafkaBrokers is no list of addresses");
  return value.flatMap((item) => parseKafkaBrokers(String(item), "kafkaBrokers"));
}
