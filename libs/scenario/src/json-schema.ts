import { z } from "zod";
import { scenarioSchema } from "./scenario.js";

/** The scenario file as JSON Schema 2020-12, for editors. What compares one field with another only `parseScenario` checks. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scenarioSchema, { io: "input" });
}
