import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { gatherDay } from "../scripts/day-figures.js";
import { drawDay } from "../scripts/day-picture.js";

const picture = readFileSync(new URL("../docs/day.svg", import.meta.url), "utf8");

it("the picture of the README is the one that the preset day gives: otherwise run scripts/draw-day.ts", () => {
  const drawn = drawDay(gatherDay());
  const lines = picture.split("\n");
  const different = drawn.split("\n").findIndex((line, at) => line !== lines[at]);
  expect({ different, characters: drawn.length }).toEqual({ different: -1, characters: picture.length });
});

it("the picture is small, has its text as text, and says what it shows", () => {
  expect(picture.length).toBeLessThan(100_000);
  expect(picture).toMatch(/<title id="title">.+<\/title>\n<desc id="description">.+<\/desc>/);
  expect(picture).toContain(">Outage: Facebook</text>");
  expect(picture).toContain("prefers-color-scheme:dark");
  // It is shown as an image, where nothing else would be loaded.
  expect(picture).not.toMatch(/<script|<image|href|url\(/);
});
