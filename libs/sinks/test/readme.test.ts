import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

interface PromisedTest {
  readonly promise: string;
  readonly file: string;
  readonly title: string;
}

/** The rows of the table below "What it promises": a promise, and tests as `file`: title, one a line. */
function readPromises(): { readonly promise: string; readonly tests: readonly PromisedTest[] }[] {
  const section = /## What it promises\n([^]*?)\n## /.exec(readme)?.[1] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(1).map((row) => {
    const [promise = "", cell = ""] = row.slice(2, -2).split(" | ");
    const tests = cell.split("<br>").map((line) => {
      const [, file = "", title = ""] = /^`([^`]+)`: (.+)$/.exec(line) ?? [];
      return { promise, file, title };
    });
    return { promise, tests };
  });
}

/** Titles of the tests in a source: a text in double quotes, followed by the test's function or options. */
function titlesIn(file: string): string[] {
  const path = join(root, /^(apps|libs|tools)\//.test(file) ? file : `libs/sinks/test/${file}`);
  const source = readFileSync(path, "utf8");
  return [...source.matchAll(/\(\s*"([^"\n]+)",\s*(?:async )?[({]/g)].map(([, title = ""]) => title);
}

describe("the README's promises", () => {
  const promises = readPromises();

  it("are a table of promises, each with a test or more", () => {
    expect(promises.length).toBeGreaterThan(10);
    expect(promises.filter(({ tests }) => tests.some(({ title }) => title === ""))).toEqual([]);
  });

  it.each(promises.flatMap(({ tests }) => tests))("$promise -> $title", ({ file, title }) => {
    expect(titlesIn(file)).toContain(title);
  });
});
