import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { createStream, presets, type Scenario, type ScenarioRecord } from "../../src/scenario/index.js";

const main = fileURLToPath(new URL("../../src/bin/main.ts", import.meta.url));

export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Outcome>;
}

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  /** Without the progress. */
  readonly stderr: string;
}

/** Whether there is any depends on how busy the machine is. */
export function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^[\d,]+ of [\d,]+ events, [\d,]+\/s\n/gm, "");
}

const running = new Set<Running["child"]>();

/** Runs the program from source. Its output is gathered from the first chunk on. */
export function start(...args: readonly string[]): Running {
  const child = spawn(process.execPath, ["--conditions=@tidemark/source", "--import", "tsx", main, ...args], {
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const ended = once(child, "exit").then(async ([exitCode]) => {
    running.delete(child);
    child.stdout.resume();
    if (!child.stderr.closed) await once(child.stderr, "close");
    if (!child.stdout.closed) await once(child.stdout, "close");
    const stderr = withoutProgress(Buffer.concat(err).toString());
    return { exitCode: exitCode as number | null, stdout: Buffer.concat(out), stderr };
  });
  return { child, ended };
}

export function run(...args: readonly string[]): Promise<Outcome> {
  return start(...args).ended;
}

/** What it printed, when it ended well and said nothing else. */
export async function output(...args: readonly string[]): Promise<Buffer> {
  const { exitCode, stdout, stderr } = await run(...args);
  if (exitCode !== 0 || stderr !== "") throw new Error(`exit code ${exitCode}: ${stderr}`);
  return stdout;
}

/** A directory for the tests of a file, which is removed after them, as are programs that are left. */
export function createWorkplace(): string {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-scenario-"));
  afterAll(() => {
    for (const child of running) child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

export const startMs = Date.UTC(2024, 1, 3, 17);

export function recordsOf(scenario: Scenario | keyof typeof presets, count: number, seed = 1): ScenarioRecord[] {
  const stream = createStream({
    scenario: typeof scenario === "string" ? presets[scenario] : scenario,
    seed,
    startMs,
  });
  return Array.from({ length: count }, (_, index) => stream.at(index));
}

/** The values as lines. */
export function linesOf(records: readonly ScenarioRecord[]): Buffer {
  return Buffer.concat(records.flatMap(({ value }) => [value ?? Buffer.alloc(0), Buffer.from("\n")]));
}

/** Where two of them begin to differ, and what stands there; null where they are equal. */
export function firstDifference(found: Buffer, expected: Buffer): string | null {
  if (found.equals(expected)) return null;
  let at = 0;
  while (found[at] === expected[at]) at++;
  const around = (bytes: Buffer) =>
    `${bytes.length} bytes, …${bytes.toString("latin1", Math.max(0, at - 60), at + 60)}…`;
  return `byte ${at}: found ${around(found)}, expected ${around(expected)}`;
}

/** Lines of JSON. */
export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export function readTable(directory: string, table: string): Record<string, unknown>[] {
  return parseLines(readFileSync(join(directory, `${table}.ndjson`), "utf8"));
}
