import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ExpiryQueue } from "../src/expiry-queue.js";

test("window numbers come out in ascending order, however pushes and pops are mixed", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: -9, max: 9 }), { freq: 3 }), { size: "+1" }), (moves) => {
      const queue = new ExpiryQueue();
      const model: number[] = [];
      const popped: unknown[] = [];
      const expected: unknown[] = [];
      for (const move of moves) {
        if (move === null) {
          model.sort((left, right) => left - right);
          expected.push(model[0], model.shift());
          popped.push(queue.least, queue.pop());
        } else {
          queue.push(move);
          model.push(move);
        }
      }
      expect(popped).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("the items up to a bound are found, and none is taken", () => {
  const queue = new ExpiryQueue();
  for (const [expiry, item] of [
    [5, 50],
    [1, 10],
    [9, 90],
    [3, 30],
  ] as const)
    queue.push(expiry, item);
  const found = [0, 3, 9].map((bound) => queue.upTo(bound).toSorted((left, right) => left - right));
  expect(found).toEqual([[], [10, 30], [10, 30, 50, 90]]);
  expect(queue.size).toBe(4);
});
