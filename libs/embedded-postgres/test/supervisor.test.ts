import { expect, test } from "vitest";
import { isAlive } from "../src/process-table.js";
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
  command.stop();
  expect((await command.ended).status).toBe(3);
  expect(isAlive(command.pid ?? 0)).toBe(false);
});

test("a command that doesn't exist fails like one that ended", async () => {
  const { status, lines } = await supervise("/nowhere/command", [], { ...here, onLine: () => undefined }).ended;
  expect(status).toBe(127);
  expect(lines.join("\n")).toContain("/nowhere/command");
});
