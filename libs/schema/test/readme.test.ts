import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { rejectionReasons } from "@tidemark/schema";

const root = join(import.meta.dirname, "..");
// Below the package, so that its own name is found.
const workplace = join(root, "test-results/readme");
const readme = await readFile(join(root, "README.md"), "utf8");

test("the README's example prints what its comments say", async () => {
  const example = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1] ?? "";
  await mkdir(workplace, { recursive: true });
  const file = join(workplace, "example.mts");
  await writeFile(file, example);
  const flags = ["--conditions=@tidemark/source", "--import", "tsx", file];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: workplace });
  const said = [...example.matchAll(/\/\/ (.*)$/gm)].map(([, words]) => words);
  expect(said).toHaveLength(2);
  expect(stdout.trimEnd().split("\n")).toEqual(said);
});

test("the README's tables have every reason, in order", () => {
  const section = /## Rejections\n(.*?)\n## /s.exec(readme)?.[1] ?? "";
  const rows = [...section.matchAll(/^\| ([a-z0-9-]+(?:, [a-z0-9-]+)*) \|/gm)].flatMap(([, names = ""]) =>
    names.split(", "),
  );
  expect(rows.filter((name) => name !== "reason")).toEqual([...rejectionReasons]);
});

const section = /## Promises\n(.*?)\n## /s.exec(readme)?.[1] ?? "";
const promised = [...section.matchAll(/`([a-z-]+\.test\.ts)`: (.+?)(?:<br>| \|$)/gm)].map(
  ([, file = "", title = ""]) => ({ file, title }),
);

test("the README's promises have tests", () => {
  expect(promised.length).toBeGreaterThan(10);
  expect(section.split("\n").filter((row) => row.startsWith("| ") && !row.includes(".test.ts`"))).toEqual([
    "| promise | test |",
  ]);
});

test.each(promised)("$file has the test that the README names: $title", async ({ file, title }) => {
  expect(await readFile(join(root, "test", file), "utf8")).toContain(`"${title}"`);
});
