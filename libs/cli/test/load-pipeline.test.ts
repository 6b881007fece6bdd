import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("load-process.ts", import.meta.url));

const definition = (name: string) => `definePipeline({
  name: "${name}",
  event: z.object({ id: z.string(), at: z.int() }),
  time: { field: "at", unit: "ms" },
  watermark: { delay: "1m" },
  rollups: [{ name: "${name}_1m", window: tumbling("1m"), keys: [], aggregates: { events: count() } }],
})`;
const imports = `import { count, definePipeline, tumbling } from "@tidemark/pipeline/definition";
import { z } from "zod";
`;

const definitionOf = (name: string) => `${imports}export const ${name} = ${definition(name)};`;
/** Modules by their paths below a folder outside of this repository, where no package is installed. */
const modules: Readonly<Record<string, string>> = {
  "one.ts": `${imports}export const visits: object = ${definition("visits")};`,
  "two.ts": `${imports}export const a = ${definition("first")};\nexport const b = ${definition("second")};`,
  "default.ts": `${imports}export default ${definition("standard")};\nexport const b = ${definition("second")};`,
  "none.ts": "export const answer: number = 42;",
  "broken.ts": 'import "no-such-package";',
  "wrong.ts": `${imports}export const wrong = ${definition("Wrong")};`,
  // In several files.
  "again.ts": 'export { visits } from "./one.ts";',
  "again.js": 'export { visits } from "./one.ts";',
  "again.mts": 'export { visits } from "./one.js";',
  "all.ts": 'export * from "./one.js";',
  "deep.ts": 'import { visits } from "./folder/inner/again.js";\nexport const typed: object = visits;',
  "folder/inner/again.ts": 'export { visits } from "../one.mjs";',
  "folder/one.mts": 'export { visits } from "../one.js";',
  "plain.js": definitionOf("plain"),
  "plain.mjs": 'export { plain } from "./plain.js";',
  "plain.ts": 'export { plain } from "./plain.mjs";',
  "parts.ts": `import { text } from "./fields.js";\n${definitionOf("parts").replace("z.string()", "text")}`,
  "fields.ts": 'import { z } from "zod";\nexport const text = z.string();',
  // With a manifest beside them.
  "unmarked/package.json": "{}",
  "unmarked/again.ts": 'export { visits } from "./one.js";',
  "unmarked/one.ts": 'export { visits } from "../one.js";',
  "module/package.json": '{ "type": "module" }',
  "module/again.js": 'export { visits } from "./one.js";',
  "module/one.ts": 'export { visits } from "../one.js";',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidemark-module-"));
  for (const [path, text] of Object.entries(modules)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The name of the pipeline that a process of its own loads, or the refusal. */
async function load(given: string): Promise<string> {
  const all = ["--conditions=@tidemark/source", "--import", "tsx", program, given, folder];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, all);
  expect(stderr).toBe("");
  return stdout.trim();
}

describe("loadPipeline", () => {
  it("loads TypeScript from outside of the repository, by an absolute path or one below a folder", async () => {
    expect(await load(join(folder, "one.ts"))).toBe("visits");
    expect(await load("one.ts")).toBe("visits");
  });

  const inSeveralFiles = [
    ["again.ts", "visits"],
    ["again.js", "visits"],
    ["again.mts", "visits"],
    ["all.ts", "visits"],
    ["deep.ts", "visits"],
    ["plain.js", "plain"],
    ["plain.mjs", "plain"],
    ["plain.ts", "plain"],
    ["parts.ts", "parts"],
    ["unmarked/again.ts", "visits"],
    ["module/again.js", "visits"],
  ] as const;

  it.each(inSeveralFiles)(
    "loads %s, which imports packages and modules outside of the repository",
    async (path, name) => {
      expect(await load(path)).toBe(name);
    },
  );

  it("takes the default export, or the one that is named after #", async () => {
    expect(await load("default.ts")).toBe("standard");
    expect(await load("default.ts#b")).toBe("second");
    expect(await load("two.ts#b")).toBe("second");
  });

  it("wants to know which, where a module exports several", async () => {
    expect(await load("two.ts")).toBe(
      'PIPELINE got "two.ts"; the module exports the pipelines a, b: append # and the name of one of them.',
    );
  });

  it("says in a sentence what is wrong with a module", async () => {
    expect(await load("missing.ts")).toBe('PIPELINE got "missing.ts"; there is no such file.');
    expect(await load("folder")).toBe('PIPELINE got "folder"; there is no such file.');
    expect(await load("none.ts")).toBe(
      'PIPELINE got "none.ts"; the module exports no pipeline: export what definePipeline returns.',
    );
    expect(await load("one.ts#zzz")).toBe(
      'PIPELINE got "one.ts#zzz"; the module has no pipeline zzz; it exports visits.',
    );
    expect(await load("broken.ts")).toMatch(
      /^PIPELINE got "broken\.ts"; it cannot be loaded: Cannot find package 'no-such-package' imported from \S+\.$/,
    );
    expect(await load("wrong.ts")).toMatch(
      /^PIPELINE got "wrong\.ts"; it cannot be loaded: Pipeline Wrong: name is "Wrong"; allowed: [^.]+\.$/,
    );
  });
});
