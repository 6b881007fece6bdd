import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findBrokenLinks } from "../src/broken-links.js";
import { run } from "../src/commands.js";
import { listPackedLibs, readPackedFile, repository, unfinished } from "../src/packages.js";

const runBin = (name: string, ...args: string[]) => {
  const { exitCode, stdout, stderr } = run(join(repository, "node_modules/.bin", name), args, repository);
  return { exitCode, printed: stdout + stderr };
};

const success = { exitCode: 0, printed: expect.any(String) as string };

describe.each(listPackedLibs())("$packageName", (lib) => {
  test("has what was built, a README, and neither sources nor tests", () => {
    expect(lib.contents).toEqual(expect.arrayContaining(["package.json", "dist/index.js", "dist/index.d.ts"]));
    expect(lib.contents.includes("README.md")).toBe(!unfinished.has(lib.folder));
    expect(lib.contents.filter((path) => /^(src|test|bench)\/|\.tsbuildinfo$/.test(path))).toEqual([]);
  });

  test("has Markdown whose links lead to something in the package", () => {
    const files = new Set(lib.contents);
    const broken = lib.contents
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) => findBrokenLinks(readPackedFile(lib, path), path, files).map((link) => `${path}: ${link}`));
    expect(broken).toEqual([]);
  });

  test("passes publint, with warnings taken for errors", () => {
    expect(runBin("publint", "run", "--strict", lib.file)).toEqual(success);
  });

  test("has types that are right for each way an ES module is resolved", () => {
    expect(runBin("attw", "--profile=esm-only", "--no-color", lib.file)).toEqual(success);
  });
});
