import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");

it("the README's example runs and prints what it says", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const promised = /\/\/ (0 1 .*)\n/.exec(code)?.[1]?.split(", ");
  const folder = join(root, "test-results");
  await mkdir(folder, { recursive: true });
  const file = join(folder, "readme-example.mts");
  await writeFile(file, code);
  // Whoever runs the tests may ask for colours, as Nx does on its own; the README has none.
  const env = { ...process.env, FORCE_COLOR: "0" };
  const { stdout, stderr } = await run(process.execPath, ["--conditions=@tidemark/source", "--import=tsx", file], {
    env,
  });
  expect(stdout.trim().split("\n")).toEqual(promised);
  expect(stderr.replace(/.*KAFKAJS_NO_PARTITIONER_WARNING.*\n/, "")).toBe("");
});
