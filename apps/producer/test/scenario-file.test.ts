import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { presets } from "@tidemark/scenario";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadScenario } from "../src/scenario-file.js";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-scenario-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("loadScenario", () => {
  it("gives a preset by its name", async () => {
    expect(await loadScenario("deck")).toEqual({ ok: true, scenario: presets.deck });
  });

  it("reads a JSON file otherwise", async () => {
    const file = join(directory, "mine.json");
    const scenario = { ...presets.deck, name: "mine", cities: ["Bandung"] };
    writeFileSync(file, JSON.stringify(scenario));
    expect(await loadScenario(file)).toEqual({ ok: true, scenario });
  });

  it("takes no name that every object has", async () => {
    expect(await loadScenario("constructor")).toMatchObject({ ok: false });
  });
});
