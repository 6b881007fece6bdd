import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { startProgram, tidemarkProgram, until, type Program } from "@tidemark/testkit";

const running = new Set<Program>();

/** Runs a TypeScript file of this app from source. */
export function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const program = startProgram([...tidemarkProgram(`../${file}`, import.meta.url), ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: "pipe",
    endsWithTest: false,
  });
  running.add(program);
  void program.exited.then(() => running.delete(program));
  return program;
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
  const programs = [...running];
  for (const { child } of programs) child.kill("SIGKILL");
  await Promise.all(programs.map(({ exited }) => exited));
}

/** Waits until the condition holds, or throws with `describe` in the message. */
export const waitUntil = (condition: () => boolean | Promise<boolean>, describe?: () => string, limitMs = 40_000) =>
  until(condition, { ...(describe !== undefined && { describe }), limitMs });
