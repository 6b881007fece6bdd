import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Account, spawnAs } from "./account.js";

/** The first word after the script in a supervisor's command line; the pid of its owner follows. */
export const supervisorMark = "tidemark-postgres-supervisor";

/**
 * Runs the command, and interrupts it (for Postgres: fast shutdown) when its own standard input ends. That happens when
 * the owner closes it, and also when the owner dies in whatever way, since the kernel then closes the pipe.
 */
const script = `
exec 3<&0 </dev/null
shift
"$@" 3<&- &
server=$!
( read -r _ <&3; kill -INT "$server" ) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$status"
`;

export interface Supervised {
  /** The supervisor's, which is the command's parent; undefined when it could not be spawned. */
  readonly pid: number | undefined;
  /** Exit status and the last lines that it printed, once it has ended. */
  readonly ended: Promise<SupervisedEnd>;
  hasEnded(): boolean;
  /** Interrupts the command; does not wait. */
  stop(): void;
}

export interface SupervisedEnd {
  readonly status: number | null;
  readonly lines: readonly string[];
}

export interface SuperviseOptions {
  readonly account: Account | undefined;
  readonly cwd: string;
  readonly onLine: (line: string) => void;
}

/**
 * Runs a command that cannot outlive this process, not even after SIGKILL. It has its own session, so that Ctrl-C in the
 * terminal reaches it only through `stop`.
 */
export function supervise(command: string, args: readonly string[], options: SuperviseOptions): Supervised {
  const child = spawn("/bin/sh", ["-c", script, supervisorMark, String(process.pid), command, ...args], {
    ...spawnAs(options.account),
    cwd: options.cwd,
    detached: true,
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > 30) lines.shift();
      options.onLine(line);
    });
  }
  let over = false;
  const ended = new Promise<SupervisedEnd>((resolve) => {
    const finish = (status: number | null): void => {
      over = true;
      child.stdin.destroy();
      resolve({ status, lines });
    };
    child.on("error", (error) => {
      lines.push(error.message);
      finish(null);
    });
    child.on("exit", (status) => {
      // What is still in the pipes is read first; a process that inherited them may hold them open.
      const deadline = setTimeout(() => finish(status), 500);
      child.on("close", () => {
        clearTimeout(deadline);
        finish(status);
      });
    });
  });
  return { pid: child.pid, ended, hasEnded: () => over, stop: () => child.stdin.end() };
}
