import { isProcessAlive } from "@tidemark/cli";
import type { Guard } from "./guard.js";

/** A server of this run, that can be killed, stopped, and started again on the same data and port. */
export interface Server {
  /** Whether it was there to get it. After SIGKILL it is gone. */
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<boolean>;
  /** Resolves when it serves again. */
  start(): Promise<void>;
  /** Ends it, stopped or not. */
  close(): Promise<void>;
}

export interface RunningServer {
  readonly pid: number;
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly guard: Guard;
  /** It has ended, and nobody killed it. */
  readonly onLost: () => void;
}

/** Keeps hold of whichever process `launch` started last; `running` is the first. */
export function keepServer(
  running: RunningServer,
  launch: () => Promise<RunningServer>,
  options: ServerOptions,
): Server {
  const { guard, onLost } = options;
  let current = running;
  let ending = false;
  let starting: Promise<void> | undefined;

  function adopt(server: RunningServer): void {
    current = server;
    ending = false;
    guard.add(server.pid);
    void watch(server);
  }

  async function watch({ pid, ended }: RunningServer): Promise<void> {
    await ended;
    guard.remove(pid);
    if (!ending) onLost();
  }

  async function signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<boolean> {
    const { pid, ended } = current;
    if (!isProcessAlive(pid)) return false;
    if (name === "SIGKILL") ending = true;
    process.kill(pid, name);
    if (name === "SIGKILL") await ended;
    return true;
  }

  adopt(running);
  return {
    signal,
    start() {
      starting = launch().then(adopt);
      return starting;
    },
    async close() {
      // One that is on its way would be left behind.
      await starting?.catch(() => undefined);
      ending = true;
      if (await signal("SIGCONT")) await current.close();
    },
  };
}
