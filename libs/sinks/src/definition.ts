import { createHash } from "node:crypto";

/** A value that the stored definition and ours do not have in common. */
export interface Difference {
  /** Such as `rollups[0].keys[1]`. */
  readonly path: string;
  /** Undefined where there is no such value. */
  readonly stored: unknown;
  readonly given: unknown;
}

/** SHA-256 of the definition's canonical JSON (sorted keys), 16 hex digits of it. */
export function hashDefinition(definition: object): string {
  return createHash("sha256").update(canonicalJson(definition)).digest("hex").slice(0, 16);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
}

/** The values in which two definitions differ, by path, in the order of the given one. */
export function compareDefinitions(stored: unknown, given: unknown, path = ""): readonly Difference[] {
  if (!isContainer(stored) || !isContainer(given) || Array.isArray(stored) !== Array.isArray(given)) {
    return stored === given ? [] : [{ path, stored, given }];
  }
  const step = (key: string) => (Array.isArray(given) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`);
  const keys = new Set([...Object.keys(given), ...Object.keys(stored)]);
  return [...keys].flatMap((key) => compareDefinitions(stored[key], given[key], step(key)));
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
