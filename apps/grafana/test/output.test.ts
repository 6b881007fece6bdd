import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeFiles, writeFiles } from "../src/output.js";

it("the files are the same each time, keys in order, no date in them", () => {
  const files = makeFiles();
  expect([...files.keys()]).toEqual([
    "dashboards/social-media-performance.json",
    "dashboards/pipeline-health.json",
    "provisioning/dashboards/tidemark.yaml",
    "provisioning/datasources/tidemark.yaml",
  ]);
  expect(makeFiles()).toEqual(files);
  for (const [path, text] of files) {
    expect(text, path).not.toMatch(/\d{4}-\d{2}-\d{2}|"(id|version|iteration)": null/);
    expect(text.endsWith("}\n") || path.endsWith(".yaml"), path).toBe(true);
  }
  for (const text of [...files.values()].filter((one) => one.startsWith("{"))) {
    const keys = keysOf(JSON.parse(text));
    expect(keys).toEqual(keys.map((some) => some.toSorted()));
    expect(keys.length).toBeGreaterThan(100);
  }
});

/** The keys of all objects, at whatever depth. */
function keysOf(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return [...(Array.isArray(value) ? [] : [Object.keys(value)]), ...Object.values(value).flatMap(keysOf)];
}

it("no password stands in a file: Grafana takes it from its environment", () => {
  expect(makeFiles().get("provisioning/datasources/tidemark.yaml")).toContain(
    "password: $__env{TIDEMARK_POSTGRES_PASSWORD}\n",
  );
});

it("what else was in the directory goes", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-files-"));
  await writeFile(join(directory, "old.json"), "{}");
  await writeFiles(directory, makeFiles());
  expect((await readdir(directory, { recursive: true })).filter((name) => /\.\w+$/.test(name)).toSorted()).toEqual(
    [...makeFiles().keys()].toSorted(),
  );
  for (const [path, text] of makeFiles()) expect(await readFile(join(directory, path), "utf8")).toBe(text);
  await rm(directory, { recursive: true });
});

it("directories stay the ones that they were, so that whoever has them mounted sees the new files", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-files-"));
  const readInodes = () =>
    Promise.all(
      ["", "dashboards", "provisioning/dashboards", "provisioning/datasources"].map(
        async (path) => (await stat(join(directory, path))).ino,
      ),
    );
  await writeFiles(directory, makeFiles());
  const before = await readInodes();
  await writeFiles(directory, new Map([...makeFiles()].map(([path, text]) => [path, `${text} `])));
  expect(await readInodes()).toEqual(before);
  expect(await readFile(join(directory, "dashboards/pipeline-health.json"), "utf8")).toMatch(/ $/);
  await rm(directory, { recursive: true });
});
