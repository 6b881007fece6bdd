import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Account, spawnAs } from "./account.js";

/** The first word after the script in a supervisor's command line; the pid of its owner follows. */
export const supervisorMark = "tidemark-postgres-supervisor";

/**
 * Runs the command, and interrupts it (for Postgres: fast shutdown) when descriptor 4 ends. That happens when the owner
 * closes it, and also when the owner dies in whatever way, since the kernel then closes the pipe. It does so until the
 * command is gone: a shell's background command ignores the signal until it has said that it doesn't.
 *
 * The outer shell ends at once, so that the supervisor is no descendant of its owner any more: Nx ends a tree of processes
 * from its leaves, which would be Postgres's workers, and kills the whole of it when those don't end one by one.
 * On descriptor 3 it says the command's pid and, at the end, its status.
 */
const script = `
shift
(
  "$@" 3>&- 4<&- &
  command=$!
  echo "$command" >&3
  (
    read -r _ <&4
    while kill -INT "$command"; do sleep 0.2; done
  ) >/dev/null 2>&1 3>&- &
  watcher=$!
  exec 4<&-
  wait "$command"
  status=$?
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
  echo "$status" >&3
) &
`;

export interface Supervised {
  /** The command's pid; undefined when it could not be spawned. */
  readonly pid: Promise<number | undefined>;
  /** Its status and the last lines that it printed, once it has ended. */
  readonly ended: Promise<SupervisedEnd>;
  hasEnded(): boolean;
  /** Interrupts the command; does not wait. */
  stop(): void;
}

export interface SupervisedEnd {
  /** null when the supervisor itself was killed. */
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
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
  });
  // As streams of their own: Node closes a child's standard input when the child has ended, and this one ends at once.
  const [, stdout, stderr, report, lifeline] = child.stdio as unknown as [null, Readable, Readable, Readable, Writable];
  lifeline.on("error", () => undefined);
  const lines: string[] = [];
  const remember = (line: string): void => {
    lines.push(line);
    if (lines.length > 30) lines.shift();
  };
  const outputs = [stdout, stderr].map((stream) =>
    readLines(stream, (line) => {
      remember(line);
      options.onLine(line);
    }),
  );
  const reports: number[] = [];
  let over = false;
  const { promise: pid, resolve: resolvePid } = withResolvers<number | undefined>();
  child.on("error", (error) => {
    remember(error.message);
    resolvePid(undefined);
  });
  // The supervisor alone holds this end of descriptor 3.
  const reported = readLines(report, (line) => {
    reports.push(Number(line));
    resolvePid(reports[0]);
  });
  const ended = reported.then(async () => {
    resolvePid(undefined);
    // What is still in the pipes is read first; but a process that inherited them may hold them open.
    await Promise.race([Promise.all(outputs), delay(500, undefined, { ref: false })]);
    lifeline.destroy();
    over = true;
    return { status: reports[1] ?? null, lines };
  });
  return { pid, ended, hasEnded: () => over, stop: () => lifeline.end() };
}

function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const { promise, resolve } = withResolvers<void>();
  createInterface({ input: stream }).on("line", onLine).on("close", resolve);
  return promise;
}

function withResolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  const settlers: ((value: T) => void)[] = [];
  const promise = new Promise<T>((settle) => {
    settlers.push(settle);
  });
  return { promise, resolve: (value) => settlers[0]?.(value) };
}
