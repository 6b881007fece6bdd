import type { BaseScenario } from "./base-scenario.js";
import { ScenarioError } from "./errors.js";
import type { Place, ScenarioModel } from "./model.js";

/** A scenario, or every reason why the data is none. */
export type ParsedScenario<Scenario> =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly string[] };

/** Checks data that came from JSON, by a model's schema. Unknown keys are problems, so that a misspelt one is not ignored. It never throws. */
export function parseScenario<Scenario extends BaseScenario>(
  { schema, createPlaces }: Pick<ScenarioModel<Scenario, Place, unknown, string>, "schema" | "createPlaces">,
  json: unknown,
): ParsedScenario<Scenario> {
  const result = schema.safeParse(json);
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
