import { expect, test } from "vitest";
import { isAlive, parentOf } from "../src/process-table.js";
import { supervise } from "../src/supervisor.js";
import { until } from "./workspace.js";

const here = { account: undefined, cwd: "/" };

test("a command's status and its last lines are reported", async () => {
  const said: string[] = [];
  const command = supervise("/bin/sh", ["-c", "echo one; echo two >&2; exit 7"], {
    ...here,
    onLine: (line) => said.push(line),
  });
  const { status, lines } = await command.ended;
  expect(status).toBe(7);
  expect(lines.toSorted()).toEqual(["one", "two"]);
  expect(said.toSorted()).toEqual(["one", "two"]);
  expect(command.hasEnded()).toBe(true);
});

test("stopping interrupts the command, and the supervisor is gone with it", async () => {
  const listener = "process.on('SIGINT', () => process.exit(3)); setInterval(() => console.log('ready'), 10)";
  let ready = false;
  const command = supervise("/bin/sh", ["-c", `exec "${process.execPath}" -e "${listener}"`], {
    ...here,
    onLine: () => {
      ready = true;
    },
  });
  await until(() => ready);
  const pid = (await command.pid) ?? 0;
  const supervisor = parentOf(pid) ?? 0;
  expect(isAlive(supervisor)).toBe(true);
  command.stop();
  expect((await command.ended).status).toBe(3);
  await until(() => !isAlive(pid) && !isAlive(supervisor));
});

test("neither the supervisor nor the command is a descendant of the process that asked for it", async () => {
  const command = supervise("/bin/sleep", ["3600"], { ...here, onLine: () => undefined });
  const pid = (await command.pid) ?? 0;
  // The pid is told by the last of them, perhaps before the one between has ended.
  await until(() => !ancestorsOf(pid).includes(process.pid));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
  await command.ended;
});

function ancestorsOf(pid: number): number[] {
  const parent = parentOf(pid);
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent)];
}

test("a supervisor that is killed ends the waiting, without a status", async () => {
  const command = supervise("/bin/sleep", ["3600"], { ...here, onLine: () => undefined });
  const pid = (await command.pid) ?? 0;
  process.kill(parentOf(pid) ?? 0, "SIGKILL");
  expect((await command.ended).status).toBeNull();
  process.kill(pid, "SIGKILL");
});

test("a command that can't even be begun fails as well", async () => {
  const command = supervise("/bin/true", [], { ...here, cwd: "/nowhere", onLine: () => undefined });
  expect(await command.pid).toBeUndefined();
  expect((await command.ended).lines.join("\n")).toContain("ENOENT");
});

test("a command that doesn't exist fails like one that ended", async () => {
  const { status, lines } = await supervise("/nowhere/command", [], { ...here, onLine: () => undefined }).ended;
  expect(status).toBe(127);
  expect(lines.join("\n")).toContain("/nowhere/command");
});
