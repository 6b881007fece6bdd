import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { findRepositoryRoot, resolveTidemarkDir } from "../src/repository.js";
import { temporaryDirectory } from "./workspace.js";

test("the root is the nearest directory with nx.json, from a path as from a URL", async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, "apps", "stack"), { recursive: true });
  await writeFile(join(root, "nx.json"), "{}");
  const file = join(root, "apps", "stack", "main.ts");
  expect(findRepositoryRoot(file)).toBe(root);
  expect(findRepositoryRoot(pathToFileURL(file).href)).toBe(root);
});

test("a file outside a repository is refused", async () => {
  const root = await temporaryDirectory();
  expect(() => findRepositoryRoot(join(root, "main.ts"))).toThrowError(
    expect.objectContaining({ code: "no-repository" }),
  );
});

test("the data lie in .tidemark, or where TIDEMARK_DIR says, seen from the root", () => {
  expect(resolveTidemarkDir(undefined, "/repo")).toBe("/repo/.tidemark");
  expect(resolveTidemarkDir(" ", "/repo")).toBe("/repo/.tidemark");
  expect(resolveTidemarkDir("other/place", "/repo")).toBe("/repo/other/place");
  expect(resolveTidemarkDir("/else/where", "/repo")).toBe("/else/where");
});
