import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ownName, type TestServers } from "./servers.js";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const fromSource = ["--conditions=@tidemark/source", "--import", "tsx", main];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ConsumerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  readonly text: { stdout: string; stderr: string };
}

/** Starts the app's main, from source. */
export function start(args: readonly string[], env: Readonly<Record<string, string>>): ConsumerProcess {
  const child = spawn(process.execPath, [...fromSource, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, ...text }));
  });
  return { child, ended, text };
}

/** A topic and group of the run's own, on these servers. */
export const environment = (servers: Pick<TestServers, "broker">, databaseUrl: string, topic: string) => ({
  KAFKA_BROKERS: servers.broker.address,
  DATABASE_URL: databaseUrl,
  KAFKA_TOPIC: ownName(topic),
  KAFKA_GROUP: ownName(topic),
});
