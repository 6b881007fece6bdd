import { createHash } from "node:crypto";
import { z } from "zod";
import { createPartitionOracle, type OracleDefinition, type OracleFieldType } from "@tidemark/scenario/oracle";
import { badDefinition } from "./errors.js";

const pattern = z.object({ source: z.string(), flags: z.string() }).optional();
const bound = z.number().optional();

const fieldType: z.ZodType<OracleFieldType> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("text"),
      trim: z.literal(true).optional(),
      letterCase: z.enum(["lower", "upper"]).optional(),
      minLength: bound,
      maxLength: bound,
      pattern,
    }),
    z.object({ kind: z.literal("uuid"), pattern }),
    z.object({ kind: z.literal("integer"), min: z.number(), max: z.number() }),
    z.object({ kind: z.literal("double"), min: bound, max: bound, exclusiveMin: bound, exclusiveMax: bound }),
    z.object({ kind: z.enum(["boolean", "date", "bigint", "json"]) }),
    z.object({ kind: z.literal("enum"), values: z.array(z.string()) }),
    z.object({ kind: z.literal("time"), unit: z.enum(["s", "ms", "us", "iso"]), min: bound, max: bound, pattern }),
    z.object({ kind: z.literal("decimal"), precision: z.int(), scale: z.int() }),
    z.object({ kind: z.literal("array"), of: fieldType }),
  ]),
);

const field = z.object({
  name: z.string(),
  type: fieldType,
  nullable: z.boolean(),
  optional: z.boolean(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
});

const aggregate = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("count") }),
  z.object({ kind: z.literal("count-non-null"), field: z.string() }),
  z.object({ kind: z.enum(["sum", "mean", "min", "max"]), field: z.string(), of: z.enum(["integer", "double"]) }),
]);

const rollup = z.object({
  name: z.string(),
  window: z.object({ kind: z.literal("tumbling"), sizeMs: z.int().positive() }),
  keys: z.array(z.string()),
  aggregates: z.record(z.string(), aggregate),
  keyLimit: z.object({ perWindow: z.int(), beyond: z.enum(["other", "reject"]) }).optional(),
});

const tables = z.object({
  schema: z.string(),
  raw: z.string(),
  late: z.string(),
  rejected: z.string(),
  rejectedValues: z.enum(["start", "whole"]),
  verdicts: z.array(z.object({ name: z.string(), sizeMs: z.int().positive() })),
  onConflict: z.enum(["refuse", "duplicate"]),
  topicIds: z.object({ ids: z.string(), copies: z.string() }).optional(),
  columns: z.record(z.string(), z.object({ name: z.string(), type: z.string() })),
  own: z.array(z.enum(["raw", "late"])),
});

const schema = z.object({
  name: z.string(),
  decoder: z.enum(["json", "custom"]),
  fields: z.array(field),
  id: z.string().nullable(),
  time: z.object({ field: z.string(), unit: z.enum(["s", "ms", "us", "iso"]) }),
  rates: z.array(z.object({ name: z.string(), numerator: z.string(), denominator: z.string(), scale: z.number() })),
  watermarkDelayMs: z.int(),
  allowedLatenessMs: z.int(),
  maxFutureSkewMs: z.int(),
  rollups: z.array(rollup).min(1),
  tables,
});

/** A pipeline's definition as it is stored: all that its tables depend on beside the log, and how they are called. */
export type VerifiedDefinition = z.infer<typeof schema> & OracleDefinition;

/**
 * The definition that the tables were made with, as it is stored beside them. It must still be what its hash was made of:
 * the first 16 hex digits of the SHA-256 of its JSON with sorted keys.
 *
 * @throws CannotVerifyError `bad-definition`
 */
export function readDefinition(hash: string, stored: unknown): VerifiedDefinition {
  if (stored === undefined) throw badDefinition(hash, "it is not stored");
  const digest = createHash("sha256").update(sortedJson(stored)).digest("hex");
  if (digest.slice(0, 16) !== hash) throw badDefinition(hash, "what is stored under that hash has another one");
  const parsed = schema.safeParse(stored);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw badDefinition(hash, `${issue?.path.join(".")}: ${issue?.message}`);
  }
  const definition = parsed.data;
  if (definition.decoder === "custom") {
    throw badDefinition(hash, "a function of the user's own makes its events of bytes, and no other program can");
  }
  try {
    createPartitionOracle(definition);
  } catch (error) {
    if (error instanceof RangeError) throw badDefinition(hash, error.message.replace(/\.$/, ""));
    throw error;
  }
  const columns = new Set(Object.keys(definition.tables.columns));
  const names = [...definition.fields, ...definition.rates].map(({ name }) => name);
  const missing = names.find((name) => !columns.has(name));
  if (missing !== undefined) throw badDefinition(hash, `${definition.tables.raw} has no column for ${missing}`);
  return definition;
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
