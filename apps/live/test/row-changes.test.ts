import { expect, it } from "vitest";
import { mergeRows } from "../page/src/merge-rows.js";
import { createPanelHistory } from "../src/panel-history.js";
import type { ShownRow } from "../src/protocol.js";
import { writeChanges } from "../src/row-changes.js";

const rowsOf = (cities: string): ShownRow[] => [...cities].map((city) => ({ city }));
const textsOf = (rows: readonly ShownRow[]) => rows.map((row) => JSON.stringify(row));

/** The rows that a page has after the changes. */
function applied(before: readonly ShownRow[], json: string): readonly ShownRow[] {
  return mergeRows({ panel: before }, { rows: {}, changes: { panel: JSON.parse(json) } })["panel"] ?? [];
}

it.each([
  ["abcd", "abcd", '[{"keep":[0,4]}]'],
  ["abcd", "bcde", '[{"keep":[1,3]},{"add":[{"city":"e"}]}]'],
  ["abcd", "abxd", '[{"keep":[0,2]},{"add":[{"city":"x"}]},{"keep":[3,1]}]'],
  ["abcd", "cdab", '[{"keep":[2,2]},{"keep":[0,2]}]'],
  ["abcd", "", "[]"],
  ["", "xy", '[{"add":[{"city":"x"},{"city":"y"}]}]'],
])("from %j to %j it writes the difference alone", (before, after, changes) => {
  const written = writeChanges(textsOf(rowsOf(before)), textsOf(rowsOf(after)));
  expect(written).toBe(changes);
  expect(applied(rowsOf(before), written)).toEqual(rowsOf(after));
});

it("leads from any rows to any others, also where rows are equal", () => {
  const lists = ["", "a", "aa", "ab", "aba", "bbab", "cabba", "abcabc"];
  for (const before of lists) {
    for (const after of lists) {
      const written = writeChanges(textsOf(rowsOf(before)), textsOf(rowsOf(after)));
      expect(applied(rowsOf(before), written)).toEqual(rowsOf(after));
    }
  }
});

it("brings a viewer of each state that is kept to the newest rows, and gives the others all of them", () => {
  const history = createPanelHistory();
  const cities = "abcdefghijklmnopqrst";
  const stateAt = (at: number) => rowsOf(`${cities.slice(at)}${cities.slice(0, at)}`);
  for (let at = 1; at <= 8; at += 1) history.take(stateAt(at), at);
  // Nothing is other than in the state before.
  history.take(stateAt(8), 9);
  expect(history.since).toBe(8);
  const types = [0, 1, 2, 3, 4, 5, 6, 7].map((from) => {
    const { type, text } = history.writeSince(from);
    const rows: readonly ShownRow[] = type === "rows" ? JSON.parse(text) : applied(stateAt(from), text);
    expect(rows).toEqual(stateAt(8));
    return type;
  });
  expect(types).toEqual(["rows", "rows", "rows", "rows", "rows", "changes", "changes", "changes"]);
});

it("gives all rows where the difference would not be shorter, and keeps no old rows that are very large", () => {
  const history = createPanelHistory();
  history.take(rowsOf("ab"), 1);
  history.take(rowsOf("xy"), 2);
  expect(history.writeSince(1)).toEqual({ type: "rows", text: '[{"city":"x"},{"city":"y"}]' });
  const large = Array.from({ length: 3 }, (_, at) => ({ city: `${at}${"x".repeat(1_000_000)}` }));
  history.take(large, 3);
  history.take([...large, { city: "one more" }], 4);
  expect(history.writeSince(3).type).toBe("rows");
});
