import { parseScenario } from "./parse-scenario.js";
import { presets } from "./presets.js";
import type { Scenario } from "./scenario.js";

export type LoadedScenario =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problem: string };

/**
 * The preset of that name, else the JSON file at that path, which `readText` reads; `problem` is one sentence. For programs
 * that take `--scenario NAME|FILE`.
 */
export async function loadScenario(
  nameOrFile: string,
  readText: (file: string) => Promise<string>,
): Promise<LoadedScenario> {
  if (Object.hasOwn(presets, nameOrFile)) {
    return { ok: true, scenario: presets[nameOrFile as keyof typeof presets] };
  }
  let json: unknown;
  try {
    json = JSON.parse(await readText(nameOrFile));
  } catch (error) {
    const why = error instanceof SyntaxError ? "that file is not JSON" : "there is no such file that can be read";
    return wrong(
      `--scenario takes ${Object.keys(presets).join(", ")} or a JSON file; got "${nameOrFile}", but ${why}.`,
    );
  }
  const parsed = parseScenario(json);
  if (parsed.ok) return parsed;
  return wrong(`The scenario in "${nameOrFile}" is not one: ${parsed.problems.join("; ").replace(/\.$/, "")}.`);
}

function wrong(problem: string): LoadedScenario {
  return { ok: false, problem };
}
