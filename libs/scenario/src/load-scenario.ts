import type { BaseScenario } from "./base-scenario.js";
import type { Place, ScenarioModel } from "./model.js";
import { parseScenario } from "./parse-scenario.js";

export type LoadedScenario<Scenario> =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problem: string };

/**
 * The preset of the model that has that name, else the JSON file at that path, which `readText` reads; `problem` is one sentence. For programs
 * that take `--scenario NAME|FILE`.
 */
export async function loadScenario<Scenario extends BaseScenario>(
  model: Pick<ScenarioModel<Scenario, Place, unknown, string>, "schema" | "createPlaces" | "presets">,
  nameOrFile: string,
  readText: (file: string) => Promise<string>,
): Promise<LoadedScenario<Scenario>> {
  const { presets } = model;
  const preset = Object.hasOwn(presets, nameOrFile) ? presets[nameOrFile] : undefined;
  if (preset !== undefined) return { ok: true, scenario: preset };
  let json: unknown;
  try {
    json = JSON.parse(await readText(nameOrFile));
  } catch (error) {
    const why = error instanceof SyntaxError ? "that file is not JSON" : "there is no such file that can be read";
    return wrong(
      `--scenario takes ${Object.keys(presets).join(", ")} or a JSON file; got "${nameOrFile}", but ${why}.`,
    );
  }
  const parsed = parseScenario(model, json);
  if (parsed.ok) return parsed;
  return wrong(`The scenario in "${nameOrFile}" is not one: ${parsed.problems.join("; ").replace(/\.$/, "")}.`);
}

function wrong(problem: string): LoadedScenario<never> {
  return { ok: false, problem };
}
