import type { RowChanges, ServerEvents, ShownRow } from "../../src/protocol.js";

type RowsById = Readonly<Record<string, readonly ShownRow[]>>;

/** The rows of panels after an event, of those that the stream has brought before. */
export function mergeRows(known: RowsById, { rows, changes = {} }: Pick<ServerEvents["panels"], "rows" | "changes">) {
  const changed = Object.entries(changes).map(([id, of]) => [id, changeRows(known[id] ?? [], of)] as const);
  return { ...known, ...rows, ...Object.fromEntries(changed) };
}

function changeRows(known: readonly ShownRow[], changes: RowChanges): readonly ShownRow[] {
  return changes.flatMap((change) =>
    "add" in change ? change.add : known.slice(change.keep[0], change.keep[0] + change.keep[1]),
  );
}
