import { describe, expect, it } from "vitest";
import { findBrokenLinks } from "../src/broken-links.js";

const files = new Set(["README.md", "docs/day.svg", "docs/limits.md"]);
const findIn = (markdown: string, file = "README.md") => findBrokenLinks(markdown, file, files);

describe("findBrokenLinks", () => {
  it("names links to files that are not in the package, in each notation", () => {
    const markdown = `
[left](../../docs/a.md) ![missing](day.svg "A day") <img src="b.png"> <source srcset="c.png 2x"> [named][]

[named]: d.md
`;
    expect(findIn(markdown)).toEqual(["../../docs/a.md", "day.svg", "d.md", "b.png", "c.png"]);
  });

  it("follows a link from the folder of the file that has it", () => {
    expect(findIn("![A day](docs/day.svg) [limits](docs/limits.md#speed)")).toEqual([]);
    expect(findIn("![A day](day.svg) [back](../README.md)", "docs/limits.md")).toEqual([]);
    expect(findIn("![A day](docs/day.svg)", "docs/limits.md")).toEqual(["docs/day.svg"]);
  });

  it("looks for an anchor among the headings, by the name that they get on GitHub", () => {
    expect(findIn("## A table of `your` own!\n[above](#a-table-of-your-own)")).toEqual([]);
    expect(findIn("## A table\n[above](#the-table)")).toEqual(["#the-table"]);
  });

  it("takes no notice of code and of addresses elsewhere", () => {
    expect(findIn("[web](https://example.org/x) [mail](mailto:a@example.org) `[a](b)`\n```ts\nmap[a](b)\n```")).toEqual(
      [],
    );
  });
});
