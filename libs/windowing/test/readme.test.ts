import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";

const read = (path: string) => readFile(new URL(path, import.meta.url), "utf8");

test("the README's example is one that runs, and prints what the README says", async () => {
  const [readme, file] = await Promise.all([read("../README.md"), read("readme-example.ts")]);
  const example = file.slice(file.indexOf("\n") + 1);
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...words) => void printed.push(words.join(" ")));
  await import("./readme-example.js");
  log.mockRestore();
  expect(printed).toHaveLength(5);
  expect(readme).toContain(["```ts", example + "```", "", "```", ...printed, "```"].join("\n"));
});
