import { ScenarioError } from "./errors.js";
import { createPlaces } from "./places.js";
import { type Scenario, scenarioSchema } from "./scenario.js";

/** A scenario, or every reason why the data is none. */
export type ParsedScenario =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly string[] };

/** Checks data that came from JSON. Unknown keys are problems, so that a misspelt one is not ignored. It never throws. */
export function parseScenario(json: unknown): ParsedScenario {
  const result = scenarioSchema.safeParse(json);
  if (!result.success) {
    const problems = result.error.issues.map((issue) =>
      issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`,
    );
    return { ok: false, problems };
  }
  try {
    createPlaces(result.data);
    return { ok: true, scenario: result.data };
  } catch (error) {
    if (error instanceof ScenarioError) return { ok: false, problems: [error.message] };
    throw error;
  }
}
