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
