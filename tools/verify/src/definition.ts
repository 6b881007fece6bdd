import { createHash } from "node:crypto";
import { z } from "zod";
import { createPartitionOracle, type OracleAggregate, type OracleDefinition } from "@tidemark/scenario/oracle";
import { socmedData } from "@tidemark/socmed/tables";
import { badDefinition } from "./errors.js";

const measure = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("count") }),
  z.object({ kind: z.literal("sum"), field: z.string(), of: z.enum(["integer", "double"]) }),
  z.object({ kind: z.literal("count-non-null"), field: z.string() }),
  z.object({ kind: z.literal("mean"), field: z.string(), of: z.enum(["integer", "double"]) }),
]);

/** A mean as the two columns that it takes. */
function columnsOf(aggregates: Readonly<Record<string, z.infer<typeof measure>>>) {
  return Object.fromEntries(
    Object.entries(aggregates).flatMap(([name, aggregate]): [string, OracleAggregate][] =>
      aggregate.kind === "mean"
        ? [
            [`${name}_sum`, { ...aggregate, kind: "sum" }],
            [`${name}_count`, { kind: "count-non-null", field: aggregate.field }],
          ]
        : [[name, aggregate]],
    ),
  );
}

const schema = z.object({
  watermarkDelayMs: z.int(),
  allowedLatenessMs: z.int(),
  maxFutureSkewMs: z.int(),
  rollups: z
    .array(
      z.object({
        name: z.string(),
        window: z.object({ kind: z.literal("tumbling"), sizeMs: z.int().positive() }),
        keys: z.array(z.string()),
        aggregates: z.record(z.string(), measure),
      }),
    )
    .min(1),
});

/**
 * The definition that the tables were made with, as it is stored beside them. It must still be what its hash was made of:
 * the first 16 hex digits of the SHA-256 of its JSON with sorted keys.
 *
 * @throws CannotVerifyError `bad-definition`
 */
export function readDefinition(hash: string, stored: unknown): OracleDefinition {
  if (stored === undefined) throw badDefinition(hash, "it is not stored");
  const digest = createHash("sha256").update(sortedJson(stored)).digest("hex");
  if (digest.slice(0, 16) !== hash) throw badDefinition(hash, "what is stored under that hash has another one");
  const parsed = schema.safeParse(stored);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw badDefinition(hash, `${issue?.path.join(".")}: ${issue?.message}`);
  }
  const definition = {
    ...socmedData,
    ...parsed.data,
    rollups: parsed.data.rollups.map(({ name, window, keys, aggregates }) => ({
      name,
      window,
      keys,
      aggregates: columnsOf(aggregates),
    })),
  };
  try {
    createPartitionOracle(definition);
  } catch (error) {
    if (error instanceof RangeError) throw badDefinition(hash, error.message.replace(/\.$/, ""));
    throw error;
  }
  return definition;
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
