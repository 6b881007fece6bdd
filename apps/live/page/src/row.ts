import type { ShownRow } from "../../src/protocol.js";

export function numberOf(row: ShownRow | undefined, name: string): number | null {
  const value = row?.[name];
  return typeof value === "number" ? value : null;
}

export function textOf(row: ShownRow | undefined, name: string): string {
  const value = row?.[name];
  return typeof value === "string" ? value : "";
}
