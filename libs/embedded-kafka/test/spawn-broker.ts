import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface BrokerProcess {
  readonly port: number;
  readonly process: ChildProcess;
  /** What it logged so far. */
  readonly lines: readonly string[];
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a broker in a process of its own. `wrapper` is a command in front of node: a shell that sets limits. */
export async function spawnBroker(dataDir: string, wrapper: readonly string[] = []): Promise<BrokerProcess> {
  const script = fileURLToPath(new URL("broker-process.ts", import.meta.url));
  const [command = "", ...args] = [
    ...wrapper,
    process.execPath,
    "--conditions=@tidemark/source",
    "--import",
    "tsx",
    script,
    dataDir,
  ];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`the broker's process ended: ${lines.join("; ")}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line.startsWith("ready ")) resolve(Number(line.slice("ready ".length)));
    });
  });
  return {
    port,
    process: child,
    lines,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
