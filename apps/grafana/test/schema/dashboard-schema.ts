import { fileURLToPath } from "node:url";
import { Ajv, type SchemaObject, type ValidateFunction } from "ajv";
import { createGenerator } from "ts-json-schema-generator";
import type { DashboardFile } from "./dashboard-file.js";

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Checks a dashboard against the SDK's types, made into a JSON schema. Takes some seconds. */
export function compileDashboardSchema(): ValidateFunction<DashboardFile> {
  const generator = createGenerator({
    path: pathOf("dashboard-file.ts"),
    tsconfig: pathOf("../../tsconfig.json"),
    type: "DashboardFile",
    // The SDK has several types of one name.
    expose: "none",
    functions: "hide",
    additionalProperties: false,
    skipTypeCheck: true,
  });
  const schema: SchemaObject = JSON.parse(JSON.stringify(generator.createSchema("DashboardFile")));
  return new Ajv({ strict: false }).compile<DashboardFile>(schema);
}
