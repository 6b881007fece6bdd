import { describe, expect, it } from "vitest";
import { loadScenario, presets } from "../../src/scenario/index.js";

const files = new Map([
  ["mine.json", JSON.stringify({ ...presets.deck, name: "mine", cities: ["Bandung"] })],
  ["broken.json", "{"],
  ["misspelt.json", JSON.stringify({ ...presets.deck, rates: 5 })],
]);

function load(nameOrFile: string) {
  return loadScenario(nameOrFile, async (file) => {
    const text = files.get(file);
    if (text === undefined) throw new Error("ENOENT");
    return text;
  });
}

describe("loadScenario", () => {
  it("gives a preset by its name", async () => {
    expect(await load("deck")).toEqual({ ok: true, scenario: presets.deck });
  });

  it("reads a JSON file otherwise", async () => {
    expect(await load("mine.json")).toEqual({
      ok: true,
      scenario: { ...presets.deck, name: "mine", cities: ["Bandung"] },
    });
  });

  it.each([
    ["constructor", "there is no such file that can be read."],
    ["broken.json", "that file is not JSON."],
    ["misspelt.json", 'The scenario in "misspelt.json" is not one: Unrecognized key: "rates".'],
  ])("refuses %s in one sentence", async (nameOrFile, end) => {
    const loaded = await load(nameOrFile);
    expect(loaded.ok ? "" : loaded.problem.endsWith(end)).toBe(true);
  });
});
