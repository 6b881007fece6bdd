import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createJournal, isAlive, run, until, type Running } from "./run.js";

const fixtures = join(import.meta.dirname, "fixtures");
const runner = join(fixtures, "run-together.mjs");
const standIn = join(fixtures, "stand-in.mjs");

interface StandIn {
  readonly name: string;
  readonly does?: readonly string[];
  readonly live?: boolean;
  readonly mayFinish?: boolean;
  readonly hides?: string;
}

function describeRun(standIns: readonly StandIn[], journal: string, stopTimeoutMs = 15_000): string {
  const programs = standIns.map(({ name, does = [], ...rest }) => ({
    name,
    args: [standIn, name, journal, ...does],
    ...rest,
  }));
  return JSON.stringify({ programs, stopTimeoutMs });
}

const three: readonly StandIn[] = [{ name: "stack" }, { name: "consumer" }, { name: "producer" }];
const readyOf = (standIns: readonly StandIn[]) => standIns.map(({ name }) => `${name} ready`);

async function startAll(
  standIns: readonly StandIn[],
  stopTimeoutMs?: number,
): Promise<Running & { journal: ReturnType<typeof createJournal> }> {
  const journal = createJournal();
  const running = run(process.execPath, [runner, describeRun(standIns, journal.path, stopTimeoutMs)], {
    detached: true,
  });
  await until(() => readyOf(standIns).every((event) => journal.events().includes(event)));
  return { ...running, journal };
}

const stoppedInOrder = [
  "producer SIGINT",
  "producer stopped",
  "consumer SIGINT",
  "consumer stopped",
  "stack SIGINT",
  "stack stopped",
];

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s stops all in order, each after the one before",
  async (signal) => {
    const { child, exitCode, journal } = await startAll(three);
    const pids = journal.pids();
    child.kill(signal);
    expect(await exitCode).toBe(0);
    expect(journal.events().slice(3)).toEqual(stoppedInOrder);
    expect(pids.filter(isAlive)).toEqual([]);
  },
);

test("Ctrl-C, which the terminal sends to the whole process group, and again by npm, keeps the order", async () => {
  const { child, exitCode, journal } = await startAll(three);
  process.kill(-(child.pid ?? Number.NaN), "SIGINT");
  await until(() => journal.events().includes("producer SIGINT"));
  process.kill(-(child.pid ?? Number.NaN), "SIGINT");
  expect(await exitCode).toBe(0);
  expect(journal.events().slice(3)).toEqual(stoppedInOrder);
});

test.each([
  { code: 1, expected: 1 },
  { code: 7, expected: 1 },
  { code: 2, expected: 2 },
  { code: 0, expected: 1 },
])(
  "a program that ends with exit code $code is told, and the others are stopped: exit $expected",
  async ({ code, expected }) => {
    const { exitCode, journal, output } = await startAll([
      { name: "stack" },
      { name: "consumer", does: ["awaits=stack,producer", `exits=${code}`] },
      { name: "producer" },
    ]);
    expect(await exitCode).toBe(expected);
    expect(output()).toContain(`start     consumer ended with exit code ${code}: stopping the others\n`);
    expect(journal.events()).toEqual(expect.arrayContaining(["producer stopped", "stack stopped"]));
    expect(journal.pids().filter(isAlive)).toEqual([]);
  },
);

test("a program that is killed is told by its signal", async () => {
  const { exitCode, journal, output } = await startAll(three);
  const [pid = Number.NaN] = journal.pids();
  process.kill(pid, "SIGKILL");
  expect(await exitCode).toBe(1);
  expect(output()).toMatch(/(stack|consumer|producer) was killed by SIGKILL: stopping the others/);
  expect(journal.pids().filter(isAlive)).toEqual([]);
});

test("a program that may finish leaves the others running, and with none left all is done", async () => {
  const finishes: StandIn = { name: "producer", does: ["awaits=producer", "exits=0"], mayFinish: true };
  const { child, exitCode, journal, output } = await startAll([{ name: "stack" }, finishes]);
  await until(() => output().includes("start     producer is done\n"));
  expect(journal.pids().filter(isAlive)).toHaveLength(1);
  child.kill("SIGINT");
  expect(await exitCode).toBe(0);
  expect(await (await startAll([finishes])).exitCode).toBe(0);
});

test("a program that hangs is killed with what it started, and told", async () => {
  const hanging: StandIn = { name: "consumer", does: ["hang", "child"] };
  // Far more than the stack needs to stop, however busy the machine is: it is not to be killed as well.
  const { child, exitCode, journal, output } = await startAll([{ name: "stack" }, hanging], 4_000);
  const pids = journal.pids();
  child.kill("SIGINT");
  expect(await exitCode).toBe(0);
  expect(output()).toContain("start     consumer did not stop within 4 s: killing it\n");
  expect(journal.events().slice(-2)).toEqual(["stack SIGINT", "stack stopped"]);
  await until(() => pids.every((pid) => !isAlive(pid)));
});

test("when the parent is killed, each program stops by itself", async () => {
  const { child, journal } = await startAll(three);
  const pids = journal.pids();
  child.kill("SIGKILL");
  await until(() => pids.every((pid) => !isAlive(pid)));
  expect(journal.events()).toEqual(expect.arrayContaining(three.map(({ name }) => `${name} stopped`)));
});

test("when the reader of the output is gone, all stop", async () => {
  const journal = createJournal();
  const talker: StandIn = { name: "consumer", does: ["awaits=stack", "says=a"] };
  const description = describeRun([{ name: "stack" }, talker], journal.path);
  const { child, exitCode } = run(process.execPath, [runner, description]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  await exitCode;
  expect(journal.pids().filter(isAlive)).toEqual([]);
  expect(journal.events()).toContain("stack stopped");
});

test("into a pipe each line says whose it is, once, and nothing is hidden", async () => {
  const { child, exitCode, output } = await startAll([
    { name: "stack", does: ["says=stack: ready"] },
    { name: "consumer", does: ["live"], live: true },
    { name: "producer", does: ["says=sent 5"], hides: "^sent" },
  ]);
  await until(() => output().split("\n").length === 4);
  child.kill("SIGINT");
  await exitCode;
  const lines = output().split("\n").filter(Boolean).sort();
  expect(lines).toEqual(["consumer  plain line", "producer  sent 5", "stack     ready"]);
});

const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

test.runIf(hasScript)(
  "on a terminal the live program writes to it directly, and hidden lines are left out",
  async () => {
    const journal = createJournal();
    const standIns: StandIn[] = [
      { name: "stack", does: ["says=stack  ready"] },
      { name: "producer", does: ["says=sent 5\nproducer  at work"], hides: "^sent" },
      { name: "consumer", does: ["live"], live: true },
    ];
    const description = describeRun(standIns, journal.path);
    // A shell between would be in the foreground group too, and some end with 130 of their own (`script` takes $SHELL).
    const { child, exitCode, output } = run("script", [
      "-qec",
      `exec ${process.execPath} ${runner} '${description}'`,
      "/dev/null",
    ]);
    await until(() => readyOf(standIns).every((event) => journal.events().includes(event)));
    // Ctrl-C makes a terminal forget what it has not shown yet.
    const shown = ["\r\u001B[2Kstack     ready\r\n", "\r\u001B[2Kproducer  at work\r\n", "\rlive line on a terminal"];
    await until(() => shown.every((text) => output().includes(text)));
    // What a terminal sends as Ctrl-C: the line discipline makes a SIGINT to the foreground group of it.
    child.stdin?.write("\u0003");
    expect(await exitCode).toBe(0);
    expect(output()).not.toContain("sent 5");
    expect(journal.events().filter((event) => event.endsWith("stopped"))).toEqual([
      "consumer stopped",
      "producer stopped",
      "stack stopped",
    ]);
  },
);
