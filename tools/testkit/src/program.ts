import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { until } from "./until.js";

/** A process whose output is kept. */
export interface Program {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Both streams, in the order of their arrival. */
  output(): string;
  /** Resolves to the exit code, once the process and its output have ended; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Resolves to the first match in the output. Throws with the output where the process ends before. */
  says(pattern: RegExp): Promise<string>;
}

export interface ProgramOptions {
  /** The whole environment. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Default: no input, both outputs kept. */
  readonly stdio?: StdioOptions;
  /** Default true: the process is killed after the test. Otherwise the caller ends it. */
  readonly endsWithTest?: boolean;
}

/** The words that run a TypeScript file of this workspace from source. `file` is seen from `base` (`import.meta.url`). */
export function tidemarkProgram(file: string, base: string): readonly string[] {
  return [process.execPath, "--conditions=@tidemark/source", "--import", "tsx", fileURLToPath(new URL(file, base))];
}

/** Starts a program. Its output is gathered from the first chunk on. */
export function startProgram(words: readonly string[], options: ProgramOptions = {}): Program {
  const { env = process.env, cwd, stdio = ["ignore", "pipe", "pipe"], endsWithTest = true } = options;
  const [file = "", ...args] = words;
  const child = spawn(file, args, { env, cwd, stdio });
  if (endsWithTest) onTestFinished(() => void child.kill("SIGKILL"));
  const text = { stdout: "", stderr: "", both: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
      text.both += chunk;
    });
  }
  const exited = once(child, "close").then(([code]) => code as number | null);
  let hasEnded = false;
  child.once("close", () => (hasEnded = true));
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    output: () => text.both,
    exited,
    async says(pattern) {
      await until(() => pattern.test(text.both) || hasEnded);
      const [match] = pattern.exec(text.both) ?? [];
      if (match === undefined) throw new Error(`it ended with ${child.exitCode} and said:\n${text.both}`);
      return match;
    },
  };
}
