import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { programOf } from "../src/programs.js";

interface Running {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  readonly code: Promise<number | null>;
}

/** The program, with a directory of its own for temporary files. */
function start(args: readonly string[], directory = tmpdir()): Running {
  const [command = "", ...words] = programOf("tools/chaos/src/main.ts");
  const child = spawn(command, [...words, ...args], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const code = once(child, "close").then(([ended]) => ended as number | null);
  return { child, out: () => out, err: () => err, code };
}

/** Postgres may run as another user, who has to get in. */
function openDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-chaos-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  return directory;
}

/** The pids of those that have the directory's name in their environment or command line; where there is no /proc, none. */
function processesOf(directory: string): string[] {
  const pids = existsSync("/proc/self") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids.filter((pid) => {
    try {
      return ["environ", "cmdline"].some((file) => readFileSync(`/proc/${pid}/${file}`, "utf8").includes(directory));
    } catch {
      return false;
    }
  });
}

/** Beside what tsx keeps there. */
const leftIn = (directory: string) => readdirSync(directory).filter((entry) => !entry.startsWith("tsx-"));

const patience = { timeout: 100_000, interval: 50 };

describe("chaos:run", () => {
  it("prints its usage with --help", async () => {
    const { code, out, err } = start(["--help"]);
    expect(await code).toBe(0);
    expect(out()).toMatch(/^Usage: nx run chaos:run/);
    expect(err()).toBe("");
  });

  it("answers what it does not take, and a Postgres that is not there, with one sentence and exit code 2", async () => {
    const directory = openDirectory();
    const wrong = [
      ["--nope"],
      ["--seed=1", "--minutes=0"],
      ["--seed=1", "--minutes=1", `--postgres=${directory}/none`],
    ];
    for (const args of wrong) {
      const { code, err } = start(args, directory);
      expect(await code, args.join(" ")).toBe(2);
      expect(err()).toMatch(/^chaos: [^\n]+\.\n$/);
    }
    expect(leftIn(directory)).toEqual([]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGKILL", null],
  ] as const)(
    "leaves no process and no directory on %s in the middle of a fault",
    { timeout: 200_000 },
    async (name, ends) => {
      const directory = openDirectory();
      const { child, out, err, code } = start(["--seed=5", "--minutes=0.5", "--consumers=2"], directory);
      await vi.waitUntil(
        () => /SIGSTOP/.test(out().split("What happened")[1] ?? "") || child.exitCode !== null,
        patience,
      );
      expect(processesOf(directory).length, err()).not.toBe(0);
      child.kill(name);
      expect(await code, err()).toBe(ends);
      await vi.waitUntil(() => processesOf(directory).length === 0, patience);
      expect(leftIn(directory)).toEqual([]);
    },
  );
});
