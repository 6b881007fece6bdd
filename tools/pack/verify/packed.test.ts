import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../src/commands.js";
import { listPackedLibs, readPackedFile, repository, unfinished, type PackedLib } from "../src/packages.js";
import { compile, type Compilation } from "./compilation.js";
import { commands, programs } from "./programs.js";
import { createProject } from "./project.js";

const libs = listPackedLibs();
const readExample = (file: string) => readFileSync(join(repository, "examples", file), "utf8");
const examples = readdirSync(join(repository, "examples"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length));
const workplace = realpathSync(mkdtempSync(join(tmpdir(), "tidemark-outside-")));
const project = join(workplace, "project");

const importOf = (folder: string) => `import-${folder}`;
const programOf = (packageName: string) => `program-${packageName.replace("@tidemark/", "")}`;
const readmeExampleOf = (folder: string, index: number) => `readme-${folder}-${index}`;
const wrong = 'import { rejectionReasons } from "@tidemark/schema";\nexport const n: number = rejectionReasons;\n';

const sources = new Map([
  ...libs.map((lib) => [importOf(lib.folder), importEverything(lib)] as const),
  ...programs.map(({ packageName, source }) => [programOf(packageName), source] as const),
  ...libs.flatMap((lib) =>
    readmeExamples(lib).map((text, index) => [readmeExampleOf(lib.folder, index), text] as const),
  ),
  ...examples.map((name) => [name, readExample(`${name}.ts`)] as const),
  ["wrong", wrong],
]);

let compilation: Compilation;

beforeAll(() => {
  createProject(project, libs);
  compilation = compile(project, sources);
});

afterAll(() => {
  rmSync(workplace, { recursive: true, force: true });
});

describe.each(libs)("$packageName", (lib) => {
  const { folder, packageName } = lib;

  test("its declarations type check outside of the workspace, with none left unchecked", () => {
    expect(compilation.errorsInPackage(packageName)).toEqual([]);
    expect(compilation.errorsIn(`${importOf(folder)}.ts`)).toEqual([]);
  });

  test("each of its exports can be imported and has names", () => {
    const { exitCode, stdout, stderr } = runCompiled(importOf(folder));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(unfinished.has(folder) ? /^\d/ : /^[1-9]\d*( [1-9]\d*)*\n$/);
  });

  test.each(readmeExamples(lib).map((_, index) => readmeExampleOf(folder, index)))(
    "its example %s type checks",
    (name) => {
      // Types of other packages that an example uses are for its reader to install.
      const errors = compilation.errorsIn(`${name}.ts`).filter((error) => !error.includes("error TS7016"));
      expect(errors).toEqual([]);
    },
  );
});

test.each(programs)("a program that calls $packageName type checks and runs", ({ packageName, prints }) => {
  const name = programOf(packageName);
  expect(compilation.errorsIn(`${name}.ts`)).toEqual([]);
  const { exitCode, stdout, stderr } = runCompiled(name);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(prints);
});

test.each(examples)("examples/%s.ts type checks and prints what it is expected to", (name) => {
  expect(compilation.errorsIn(`${name}.ts`)).toEqual([]);
  const { exitCode, stdout, stderr } = runCompiled(name);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(readExample(`${name}.expected.txt`));
});

test.each(commands)("the command $command runs where it is installed", ({ command, args, prints }) => {
  const { exitCode, stdout, stderr } = run(join(project, "node_modules/.bin", command), args, project);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(prints);
});

test("every command of a lib is among those that are run", () => {
  expect(libs.flatMap((lib) => lib.commands)).toEqual(commands.map(({ command }) => command));
});

test("a wrong type is an error here, so that the type checks above can fail", () => {
  expect(compilation.errorsIn("wrong.ts")).toEqual([expect.stringMatching(/^2,\d+: error TS2322/)]);
});

test("the root's tsconfig.json builds every lib", () => {
  const text = readFileSync(join(repository, "tsconfig.json"), "utf8");
  const { references } = JSON.parse(text) as { references: readonly { readonly path: string }[] };
  expect(references.map(({ path }) => path)).toEqual(
    expect.arrayContaining(libs.map(({ folder }) => `./libs/${folder}/tsconfig.build.json`)),
  );
});

function runCompiled(name: string) {
  return run(process.execPath, [`out/${name}.js`], project);
}

/** A program that prints how many names each export of a lib has. */
function importEverything({ specifiers }: PackedLib): string {
  const imports = specifiers.map((specifier, index) => `import * as export${index} from "${specifier}";`);
  const counts = specifiers.map((_, index) => `Object.keys(export${index}).length`);
  return `${imports.join("\n")}\nconsole.log(${counts.join(", ")});\n`;
}

/** The examples of a lib's README that are whole: those that import a package of ours. */
function readmeExamples(lib: PackedLib): string[] {
  if (!lib.contents.includes("README.md")) return [];
  const blocks = readPackedFile(lib, "README.md").matchAll(/```ts\n(.*?)```/gs);
  return [...blocks].map(([, text = ""]) => text).filter((text) => text.includes('from "@tidemark/'));
}
