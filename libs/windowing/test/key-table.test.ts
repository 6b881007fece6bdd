import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KeyTable } from "../src/key-table.js";

test.each([0, 1, 2, 3])(
  "combinations of %i keys keep their number while rows are held of them, and no longer",
  (depth) => {
    const value = fc.constantFrom("a", "b", "", "ab", "__proto__");
    const moves = fc.array(fc.tuple(fc.array(value, { minLength: depth, maxLength: depth }), fc.boolean()), {
      size: "+1",
    });
    const slots = Array.from({ length: depth }, (_, at) => at);
    fc.assert(
      fc.property(moves, (all) => {
        const table = new KeyTable(depth);
        const held = new Map<string, { id: number; rows: number }>();
        for (const [values, releases] of all) {
          const name = JSON.stringify(values);
          const known = held.get(name);
          expect(table.find(values, slots)).toBe(known?.id ?? -1);
          if (releases && known !== undefined) {
            table.release(known.id);
            known.rows--;
            if (known.rows === 0) held.delete(name);
          } else {
            const id = known?.id ?? table.insert(values, slots);
            table.hold(id);
            held.set(name, { id, rows: (known?.rows ?? 0) + 1 });
          }
          expect(table.size).toBe(held.size);
          for (const [other, { id }] of held) expect(JSON.stringify(table.valuesOf(id))).toBe(other);
        }
        expect(new Set([...held.values()].map(({ id }) => id)).size).toBe(held.size);
      }),
    );
  },
);
