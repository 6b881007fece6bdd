import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RowIndex } from "../src/row-index.js";

test("rows are found by pane and key, through growth, removal and reuse, as in a Map", () => {
  const moves = fc.array(fc.record({ pane: fc.nat(4), key: fc.nat(60), removes: fc.boolean() }), {
    size: "max",
    maxLength: 1_500,
  });
  fc.assert(
    fc.property(moves, (all) => {
      const index = new RowIndex();
      const rows = new Map<string, number>();
      const free: number[] = [];
      for (const { pane, key, removes } of all) {
        const name = `${pane} ${key}`;
        const held = rows.get(name);
        expect(index.find(pane, key)).toBe(held ?? -1);
        if (held === undefined) {
          const row = free.pop() ?? rows.size;
          index.insert(row, pane, key, -1);
          rows.set(name, row);
        } else if (removes) {
          index.remove(held);
          rows.delete(name);
          free.push(held);
        }
      }
      for (const [name, row] of rows) expect(`${index.paneOf(row)} ${index.keyOf(row)}`).toBe(name);
    }),
    { numRuns: 100 },
  );
});

test("the rows of a pane come in the order of their coming", () => {
  const index = new RowIndex();
  index.insert(5, 0, 1, -1);
  index.insert(900, 0, 2, 5);
  index.insert(2, 0, 3, 900);
  expect([index.nextInPane(5), index.nextInPane(900), index.nextInPane(2)]).toEqual([900, 2, -1]);
});
