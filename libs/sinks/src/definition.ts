import { createHash } from "node:crypto";
import type { RollupDefinition } from "./tables/rollups.js";

/** What the tables depend on beside the log. Another definition gives other tables, so it may not go on with these. */
export interface PipelineDefinition {
  readonly watermarkDelayMs: number;
  readonly allowedLatenessMs: number;
  readonly maxFutureSkewMs: number;
  readonly rollups: readonly RollupDefinition[];
}

/** SHA-256 of the definition's canonical JSON (sorted keys), 16 hex digits of it. */
export function hashDefinition(definition: PipelineDefinition): string {
  return createHash("sha256").update(canonicalJson(definition)).digest("hex").slice(0, 16);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
}
