/** Runs several programs as one: their output together, stopped in order, and none left behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { copyLines, printLine } from "./lines.mjs";

const exitWithParent = fileURLToPath(new URL("exit-with-parent.mjs", import.meta.url));

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {readonly string[]} args of Node
 * @property {boolean} [live] on a terminal it writes to it directly, so that it may keep a line that it updates
 * @property {boolean} [last] it begins its work when all others have found their options and variables right
 * @property {boolean} [mayFinish] exit code 0 is no reason to stop the others
 * @property {RegExp} [hide] lines of its stdout that are not shown on a terminal
 *
 * @typedef {object} Options
 * @property {string} cwd
 * @property {number} [stopTimeoutMs] after a SIGINT; then it is killed
 *
 * @typedef {import("node:child_process").ChildProcess} ChildProcess
 * @typedef {{ program: Program, child: ChildProcess, ended: Promise<unknown>, copied: Promise<unknown> }} Running
 */

/**
 * Starts them all, and stops them in the opposite order on SIGINT, SIGTERM, SIGHUP, when the output is gone, or when one ends
 * that should not. Each is in a session of its own, so that Ctrl-C reaches it through here alone and the order holds.
 * @param {readonly Program[]} programs
 * @param {Options} options
 * @returns {Promise<number>} exit code: 0 after a signal, else 2 where a program ended with 2, else 1
 */
export async function runTogether(programs, { cwd, stopTimeoutMs = 15_000 }) {
  const running = programs.map((program) => start(program, cwd));
  releaseLast(running);
  const exitCode = await waitForReason(running);
  for (const one of running.toReversed()) await stop(one, stopTimeoutMs);
  return exitCode;
}

/**
 * @param {Program} program
 * @param {string} cwd
 * @returns {Running}
 */
function start(program, cwd) {
  const { name, args, live = false, last = false, hide } = program;
  const onTerminal = process.stdout.isTTY === true;
  const output = live && onTerminal ? "inherit" : "pipe";
  const child = spawn(process.execPath, ["--import", exitWithParent, ...args], {
    cwd,
    env: {
      ...process.env,
      TIDEMARK_PARENT_PID: String(process.pid),
      TIDEMARK_START_ORDER: last ? "last" : "first",
    },
    stdio: ["ignore", output, output, "ipc"],
    detached: true,
  });
  const copied = Promise.all([
    child.stdout && copyLines(child.stdout, process.stdout, { name, hide: onTerminal ? hide : undefined }),
    child.stderr && copyLines(child.stderr, process.stderr, { name }),
  ]);
  return { program, child, ended: once(child, "exit"), copied };
}

/**
 * Lets those that come last begin when each of the others has told that its options are right. One that refuses ends them all.
 * @param {readonly Running[]} running
 */
function releaseLast(running) {
  const waiting = running.filter(({ program }) => program.last === true);
  let left = running.length - waiting.length;
  for (const { program, child } of running) {
    if (program.last === true) continue;
    child.once("message", () => {
      left -= 1;
      if (left === 0) for (const one of waiting) one.child.send("begin", () => {});
    });
  }
}

/**
 * Waits for what ends them all: a signal, an output that is gone, or a program's end; and tells of the last.
 * @param {readonly Running[]} running
 * @returns {Promise<number>} the exit code that it calls for
 */
function waitForReason(running) {
  return new Promise((resolve) => {
    let left = running.length;
    let decided = false;
    /** @type {(exitCode: number) => void} */
    const decide = (exitCode) => {
      decided = true;
      resolve(exitCode);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => decide(0));
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => decide(0));
    process.on("SIGWINCH", () => {
      for (const { program, child } of running) if (program.live === true) child.kill("SIGWINCH");
    });
    for (const { program, child } of running) {
      child.once("exit", (code, signal) => {
        if (decided) return;
        left -= 1;
        const done = code === 0 && program.mayFinish === true;
        const how = code === null ? `was killed by ${signal}` : `ended with exit code ${code}`;
        const line = done ? `${program.name} is done` : `${program.name} ${how}: stopping the others`;
        printLine(process.stderr, "start", line);
        if (!done) decide(code === 2 ? 2 : 1);
        else if (left === 0) decide(0);
      });
    }
  });
}

/**
 * Stops one, by force where it hangs, and waits until it is gone and what it printed is shown.
 * @param {Running} running
 * @param {number} timeoutMs
 */
async function stop({ program, child, ended, copied }, timeoutMs) {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGINT");
    if (!(await settles(ended, timeoutMs))) {
      printLine(process.stderr, "start", `${program.name} did not stop within ${timeoutMs / 1000} s: killing it`);
      killGroup(child);
      await ended;
    }
  }
  // A process that it left behind might hold the pipe open.
  await settles(copied, 1000);
}

/**
 * @param {Promise<unknown>} promise
 * @param {number} timeoutMs
 * @returns {Promise<boolean>} whether it settled in time
 */
async function settles(promise, timeoutMs) {
  const timeout = new AbortController();
  const late = setTimeout(timeoutMs, false, { signal: timeout.signal }).catch(() => false);
  const settled = await Promise.race([promise.then(() => true), late]);
  timeout.abort();
  return settled;
}

/**
 * Kills the program with what it started and left in its process group.
 * @param {ChildProcess} child
 */
function killGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended in between.
  }
}
