import { expect, it } from "vitest";
import { startProgram } from "../src/program.js";

const node = (script: string) => [process.execPath, "-e", script];

it("keeps what a program prints, and how it ended", async () => {
  const program = startProgram(node("console.log('out'); console.error('err'); process.exitCode = 3"));
  expect(await program.exited).toBe(3);
  expect([program.stdout(), program.stderr()]).toEqual(["out\n", "err\n"]);
  expect(program.output().split("\n").toSorted()).toEqual(["", "err", "out"]);
});

it("waits for what a program says", async () => {
  const program = startProgram(node("setTimeout(() => console.log('ready at 7'), 50); setInterval(() => 0, 1000)"));
  expect(await program.says(/at \d/)).toBe("at 7");
  program.child.kill("SIGTERM");
  expect(await program.exited).toBeNull();
});

it("throws with what a program said where it ends without the words", async () => {
  const program = startProgram(node("console.log('nothing of that')"));
  await expect(program.says(/ready/)).rejects.toThrow("it ended with 0 and said:\nnothing of that");
});

it("gives the program the environment that it is told", async () => {
  const program = startProgram(node("console.log(process.env.A, process.env.HOME)"), { env: { A: "1" } });
  await program.exited;
  expect(program.stdout()).toBe("1 undefined\n");
});
