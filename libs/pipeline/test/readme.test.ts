import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const workspace = join(root, "../..");

test("the README's examples compile", { timeout: 240_000 }, async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, text = ""]) => text);
  expect(examples.length).toBeGreaterThan(1);

  // Within the workspace, so that packages are found.
  await mkdir(join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(join(root, "test-results/readme-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await Promise.all(examples.map((text, at) => writeFile(join(folder, `example-${at}.ts`), text)));
  const compilerOptions = { noEmit: true, types: ["node"] };
  const config = { extends: join(workspace, "tsconfig.base.json"), compilerOptions, include: ["*.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const compiler = join(workspace, "node_modules/typescript-7/bin/tsc");
  const compiled = promisify(execFile)(process.execPath, [compiler, "-p", folder, "--pretty", "false"]);
  expect(await compiled).toMatchObject({ stdout: "" });
});
