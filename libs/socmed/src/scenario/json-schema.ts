import { z } from "zod";
import { MAX_NAME_LENGTH } from "../event.js";
import { faultKinds, faultsSchema, nameSchema, scenarioSchema } from "./scenario.js";

/**
 * The scenario file as JSON Schema 2020-12, for editors. What compares one field with another only `parseScenario` checks,
 * but for this: a fault takes either a share or a count.
 */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scenarioSchema, {
    io: "input",
    override({ zodSchema, jsonSchema }) {
      // The length of a name is counted in code units, by a check that has no counterpart; this is its near one.
      if (zodSchema === nameSchema) Object.assign(jsonSchema, { maxLength: MAX_NAME_LENGTH, pattern: "\\S" });
      if (zodSchema !== faultsSchema) return;
      for (const kind of faultKinds) {
        Object.assign(jsonSchema.properties?.[kind] ?? {}, {
          oneOf: [{ required: ["share"] }, { required: ["count"] }],
        });
      }
    },
  });
}
