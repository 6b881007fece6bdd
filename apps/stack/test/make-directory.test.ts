import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeDirectory } from "../src/make-directory.js";

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "tidemark-make-"));
});

afterEach(() => rm(base, { recursive: true, force: true }));

test("a directory is made with its parents, and one that is there is left as it is", async () => {
  const path = join(base, "a", "b", "c");
  await makeDirectory(path);
  await writeFile(join(path, "kept"), "");
  await makeDirectory(path);
  expect((await stat(join(path, "kept"))).isFile()).toBe(true);
});

test("a file in its place, or in that of a parent, is refused", async () => {
  await writeFile(join(base, "file"), "");
  await expect(makeDirectory(join(base, "file"))).rejects.toThrow("EEXIST");
  await expect(makeDirectory(join(base, "file", "below"))).rejects.toThrow("ENOTDIR");
});

test.runIf(process.platform === "linux")(
  "where no directory can be made although the parent is there, it is refused",
  async () => {
    await expect(makeDirectory("/proc/tidemark")).rejects.toThrow("ENOENT");
    await expect(makeDirectory("/proc/tidemark/below")).rejects.toThrow("ENOENT");
  },
);
