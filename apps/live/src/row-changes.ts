/** What of `RowChanges` is collected: a run of rows that were there, or rows that are new. */
type Part =
  { readonly kind: "keep"; readonly from: number; count: number } | { readonly kind: "add"; readonly rows: string[] };

/**
 * The JSON of the `RowChanges` that lead from one list of rows to another, each row as JSON. A row that only moved is not
 * repeated.
 */
export function writeChanges(before: readonly string[], after: readonly string[]): string {
  const places = new Map(before.map((text, at) => [text, at]));
  const parts: Part[] = [];
  for (const text of after) {
    const last = parts.at(-1);
    if (last?.kind === "keep" && before[last.from + last.count] === text) {
      last.count += 1;
      continue;
    }
    const from = places.get(text);
    if (from !== undefined) parts.push({ kind: "keep", from, count: 1 });
    else if (last?.kind === "add") last.rows.push(text);
    else parts.push({ kind: "add", rows: [text] });
  }
  return `[${parts.map(writePart).join(",")}]`;
}

const writePart = (part: Part): string =>
  part.kind === "keep" ? `{"keep":[${part.from},${part.count}]}` : `{"add":[${part.rows.join(",")}]}`;
