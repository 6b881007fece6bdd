import { readFile } from "node:fs/promises";
import { parseScenario, presets, type Scenario } from "../index.js";

export type LoadedScenario =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problem: string };

/** The preset of that name, else the JSON file at that path; `problem` is one sentence. */
export async function loadScenario(nameOrFile: string): Promise<LoadedScenario> {
  if (Object.hasOwn(presets, nameOrFile)) {
    return { ok: true, scenario: presets[nameOrFile as keyof typeof presets] };
  }
  let json: unknown;
  try {
    json = JSON.parse(await readFile(nameOrFile, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "that file is not JSON" : "there is no such file that can be read";
    return wrong(
      `--scenario takes ${Object.keys(presets).join(", ")} or a JSON file; got "${nameOrFile}", but ${why}.`,
    );
  }
  const parsed = parseScenario(json);
  return parsed.ok ? parsed : wrong(`The scenario in "${nameOrFile}" is not one: ${parsed.problems.join("; ")}.`);
}

function wrong(problem: string): LoadedScenario {
  return { ok: false, problem };
}
