import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./fixture.js";
import { findEditModules, formatPinnedFiles, readPinnedText } from "./pinned-text.js";

const modules = findEditModules(repository);
const pinned = await Promise.all(
  modules.filter((file) => !file.endsWith(".test.ts")).map((file) => readPinnedText(repository, file)),
).then((found) => found.flat());

test("edits of the source are exported by modules, so that they can be listed", () => {
  expect(modules.filter((file) => file.endsWith(".test.ts"))).toEqual([]);
  expect(new Set(pinned.map(({ plantedIn }) => plantedIn))).toEqual(new Set(modules));
});

test("each text that an edit replaces is in its file exactly once", () => {
  const wrong = pinned.flatMap(({ file, find, plantedIn }) => {
    const times = readFileSync(join(repository, file), "utf8").split(find).length - 1;
    return times === 1 ? [] : [`${plantedIn}: ${file} has this ${times} times: ${find}`];
  });
  expect(wrong).toEqual([]);
});

test("CONTRIBUTING.md lists the files that edits pin: otherwise run this test with -u", async () => {
  const file = join(repository, "CONTRIBUTING.md");
  const section = /(?<=<!-- pinned files -->\n).*?(?=\n<!-- end of pinned files -->)/s;
  const text = readFileSync(file, "utf8");
  expect(text).toMatch(section);
  await expect(text.replace(section, () => formatPinnedFiles(pinned))).toMatchFileSnapshot(file);
});
