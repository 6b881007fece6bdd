import type { Column, NumberColumn, Panel, Show } from "@tidemark/panels";
import type { DataTransformerConfig } from "@grafana/grafana-foundation-sdk/dashboard";
import { impossiblePanel } from "../errors.js";

export type ShowOf<Kind extends Show["kind"]> = Extract<Show, { readonly kind: Kind }>;

/** The number column that a panel shows as its value. */
export function valueColumn({ id, columns }: Panel, name: string): NumberColumn {
  const column: Column | undefined = columns[name];
  if (column?.kind !== "number") throw impossiblePanel(id, `shows ${name}, which is no column of numbers`);
  return column;
}

/**
 * Takes away what a panel does not show. Grafana would else name a row after its number too, as soon as it has two of
 * them ("Visitors people").
 */
export function onlyShown({ columns }: Panel, names: readonly string[]): DataTransformerConfig[] {
  if (Object.keys(columns).every((name) => names.includes(name))) return [];
  return [{ id: "filterFieldsByName", options: { include: { names } } }];
}
