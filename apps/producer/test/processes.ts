import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The exit code, once the process and its output have ended. */
  readonly exited: Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Runs a TypeScript file of this app from source. */
export function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@tidemark/source", "--import", "tsx", path, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const exited = once(child, "close").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, stdout: () => out, stderr: () => err, exited };
}

/**
 * A free port below those that systems give away by themselves (from 32768 on), so that nobody comes by it before its use,
 * or while its broker is away.
 */
export async function findPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

export interface KillableBroker {
  readonly address: string;
  /** Resolves when the process is gone. */
  readonly gone: Promise<unknown>;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
}

/** When a broker kills itself: who watched it from outside might be too late for a quick producer. */
export interface Death {
  readonly topic: string;
  /** So many records of the topic at least. */
  readonly beyond: number;
}

export async function runBroker(dataDir: string, port = 0, death?: Death): Promise<KillableBroker> {
  const dies = death === undefined ? [] : [death.topic, String(death.beyond)];
  const broker = run("test/broker-process.ts", [dataDir, String(port), ...dies]);
  await waitUntil(() => broker.stdout().includes("\n") || broker.child.exitCode !== null, broker.stderr);
  return {
    address: broker.stdout().trim(),
    gone: broker.exited,
    async kill() {
      broker.child.kill("SIGKILL");
      await broker.exited;
    },
  };
}

export async function killAll(): Promise<void> {
  const closed = [...running].map((child) => once(child, "close"));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(closed);
}

/** Waits until the condition holds; the test's time limit ends it otherwise, with `describe` in the message. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  describe: () => string = () => "",
  limitMs = 40_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
