import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Runs the command, and ends it when descriptor 4 does: by SIGTERM, and by SIGKILL where it still runs 20 s later. The
 * descriptor ends when the owner closes it, and also when the owner dies in whatever way, since the kernel then closes it.
 *
 * The outer shell ends at once, so that the command is no descendant of its owner: Nx ends a tree of processes from its
 * leaves, and Kafka would be gone before its owner knew of the wish. On descriptor 3 it says the command's pid and, at the
 * end, its status.
 */
const script = `
(
  "$@" 3>&- 4<&- &
  command=$!
  echo "$command" >&3
  (
    read -r _ <&4
    kill -TERM "$command"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1; done
    kill -KILL "$command"
  ) >/dev/null 2>&1 3>&- &
  watcher=$!
  exec 4<&-
  wait "$command" 2>/dev/null
  status=$?
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
  echo "$status" >&3
) &
`;

export interface Supervised {
  /** The command's pid; undefined when it could not be spawned. */
  readonly pid: Promise<number | undefined>;
  /** The last lines that it printed, once it has ended. */
  readonly ended: Promise<readonly string[]>;
  hasEnded(): boolean;
  /** Ends the command; does not wait. */
  stop(): void;
}

export interface SuperviseOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onLine: (line: string) => void;
}

/**
 * Runs a command that cannot outlive this process, not even after SIGKILL. It has its own session, so that Ctrl-C in the
 * terminal reaches it only through `stop`.
 */
export function supervise(command: string, args: readonly string[], options: SuperviseOptions): Supervised {
  const child = spawn("/bin/sh", ["-c", script, "tidemark-real-kafka", command, ...args], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
  });
  const [, stdout, stderr, report, lifeline] = child.stdio as unknown as [null, Readable, Readable, Readable, Writable];
  lifeline.on("error", () => undefined);
  const lines: string[] = [];
  const remember = (line: string): void => {
    lines.push(line);
    if (lines.length > 50) lines.shift();
  };
  const outputs = [stdout, stderr].map((stream) =>
    readLines(stream, (line) => {
      remember(line);
      options.onLine(line);
    }),
  );
  child.on("error", (error) => remember(error.message));
  // The supervisor alone holds the other end of descriptor 3.
  const reports = createInterface({ input: report });
  const reported = once(reports, "close");
  const pid = Promise.race([once(reports, "line").then(([line]) => Number(line)), reported.then(() => undefined)]);
  let over = false;
  const ended = reported.then(async () => {
    // What is still in the pipes is read first; but a process that inherited them may hold them open.
    await Promise.race([Promise.all(outputs), delay(500, undefined, { ref: false })]);
    lifeline.destroy();
    over = true;
    return lines;
  });
  return { pid, ended, hasEnded: () => over, stop: () => lifeline.end() };
}

function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    createInterface({ input: stream }).on("line", onLine).on("close", resolve);
  });
}
