import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tableNames } from "../../src/bin/tables.js";
import { createWorkplace, linesOf, type Outcome, recordsOf, run, start, withoutProgress } from "./program.js";

const workplace = createWorkplace();
const forEver = "--events=4000000000000";
const hasFull = existsSync("/dev/full");

/** As a person would run it, in a shell. */
async function shell(command: string): Promise<{ stdout: string; stderr: string }> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const program = `"${process.execPath}" --conditions=@tidemark/source --import tsx src/bin/main.ts`;
  const child = spawn("bash", ["--norc", "-c", command.replaceAll("PROGRAM", program)], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk.toString()));
  await once(child, "close");
  return { stdout: out.join(""), stderr: withoutProgress(err.join("")) };
}

/** The first that comes, unless the program ends without anything. */
async function firstOf(from: Readable, ended: Promise<Outcome>): Promise<string> {
  const failed = ended.then(({ exitCode, stderr }) => `it ended with exit code ${exitCode}: ${stderr}`);
  return await Promise.race([once(from, "data").then(([chunk]) => String(chunk)), failed]);
}

describe("a pipe that is closed", () => {
  it("ends the program well and in silence", async () => {
    const { stdout, stderr } = await shell(`PROGRAM ${forEver} | head -n 1; echo "\${PIPESTATUS[0]}"`);
    expect(stdout).toBe(`${linesOf(recordsOf("default", 1)).toString()}0\n`);
    expect(stderr).toBe("");
  });

  it("ends it so too where it is compressed", async () => {
    const { stdout, stderr } = await shell(`PROGRAM ${forEver} --gzip | head -c 1 | wc -c; echo "\${PIPESTATUS[0]}"`);
    expect([stdout, stderr]).toEqual(["1\n0\n", ""]);
  });

  it("leaves no answers, and says so", async () => {
    const answers = join(workplace, "cut");
    const { stdout, stderr } = await shell(
      `PROGRAM ${forEver} --answers ${answers} | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`,
    );
    expect(stdout).toBe("1\n");
    expect(stderr).toBe(
      `--answers=${answers} can't be written: standard output was closed before the end of the stream.\n`,
    );
    expect(existsSync(answers)).toBe(false);
  });
});

describe("a signal", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s ends it with exit code %d, in silence and with nothing that looks complete",
    async (signal, exitCode) => {
      const answers = join(workplace, signal);
      const { child, ended } = start(forEver, "--answers", answers);
      await firstOf(child.stdout, ended);
      expect(readdirSync(answers)).toHaveLength(tableNames.length);
      child.kill(signal);
      expect(await ended).toMatchObject({ exitCode, stderr: "" });
      expect(existsSync(answers)).toBe(false);
    },
  );

  it("ends it even while whoever reads its output stands still", async () => {
    const { child, ended } = start(forEver);
    await firstOf(child.stdout, ended);
    child.stdout.pause();
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ exitCode: 130, stderr: "" });
  });

  it("leaves what an earlier run has written as it was, and the progress on standard error", async () => {
    const directory = join(workplace, "earlier");
    mkdirSync(directory);
    for (const name of ["checkpoints.ndjson", "out.ndjson"]) writeFileSync(join(directory, name), "{}\n");
    const { child, ended } = start(forEver, "--answers", directory, "--out", join(directory, "out.ndjson"));
    // After a second.
    expect(await firstOf(child.stderr, ended)).toMatch(/^[\d,]+ of 4,000,000,000,000 events, [\d,]+\/s\n$/);
    child.kill("SIGINT");
    expect((await ended).exitCode).toBe(130);
    expect(readdirSync(directory).sort()).toEqual(["checkpoints.ndjson", "out.ndjson"]);
  });
});

describe("what can't be written", () => {
  it.each([
    ["--out", "nosuch/out.ndjson", "there is no such directory"],
    ["--out", "", "it is a directory"],
    ["--out", "file/out.ndjson", "a part of the path is no directory"],
    ["--answers", "nosuch/answers", "there is no such directory"],
    ["--answers", "file", "a part of the path is no directory"],
  ])("is refused with exit code 2 and a sentence: %s %s", async (option, path, why) => {
    writeFileSync(join(workplace, "file"), "");
    const target = join(workplace, path);
    const { exitCode, stdout, stderr } = await run("--events=10", `${option}=${target}`);
    expect(stderr).toBe(`${option}=${target} can't be written: ${why}.\n`);
    expect([exitCode, stdout.length]).toEqual([2, 0]);
  });

  it("is not begun beside answers that can be written", async () => {
    const answers = join(workplace, "lonely");
    expect(await run("--events=10", "--answers", answers, `--out=${workplace}`)).toMatchObject({ exitCode: 2 });
    expect(existsSync(answers)).toBe(false);
  });

  it.skipIf(!hasFull)("ends it with exit code 1 on a full disk", async () => {
    const { exitCode, stderr } = await run("--events=10", "--out=/dev/full");
    expect([exitCode, stderr]).toEqual([1, "--out=/dev/full can't be written: no space is left on the device.\n"]);
    const piped = await shell(`PROGRAM --events=10 >/dev/full; echo $?`);
    expect(piped).toEqual({
      stdout: "1\n",
      stderr: "Standard output can't be written: no space is left on the device.\n",
    });
  });
});
