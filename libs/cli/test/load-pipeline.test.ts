import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** A folder outside of this repository, where no package is installed. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidemark-module-"));
  await writeFile(join(folder, "one.ts"), `${imports}export const visits: object = ${definition("visits")};`);
  await writeFile(
    join(folder, "two.ts"),
    `${imports}export const a = ${definition("first")};\nexport const b = ${definition("second")};`,
  );
  await writeFile(join(folder, "none.ts"), "export const answer: number = 42;");
  await writeFile(join(folder, "broken.ts"), 'import "no-such-package";');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The name of the pipeline that a process of its own loads, or the refusal. */
async function load(given: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=@tidemark/source",
    "--import",
    "tsx",
    program,
    given,
    folder,
  ]);
  return stdout.trim();
}

describe("loadPipeline", () => {
  it("loads TypeScript from outside of the repository, by an absolute path or one below a folder", async () => {
    expect(await load(join(folder, "one.ts"))).toBe("visits");
    expect(await load("one.ts")).toBe("visits");
  });

  it("wants to know which, where a module exports several", async () => {
    expect(await load("two.ts")).toContain("exports the pipelines a, b: name one of them behind #");
    expect(await load("two.ts#b")).toBe("second");
  });

  it("says in a sentence what is wrong with a module", async () => {
    expect(await load("missing.ts")).toBe('PIPELINE got "missing.ts"; there is no such file.');
    expect(await load("none.ts")).toContain("exports no pipeline");
    expect(await load("broken.ts")).toContain("cannot be loaded (Cannot find package 'no-such-package'");
  });
});
