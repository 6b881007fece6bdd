import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGenerator } from "../src/generator.js";

const seed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const index = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));

function drawAt(generator: ReturnType<typeof createGenerator>, at: number): number[] {
  generator.place(at);
  return Array.from({ length: 4 }, () => generator.nextUint32());
}

describe("the generator", () => {
  it("gives the same draws at an index, whatever was drawn before", () => {
    fc.assert(
      fc.property(seed, index, index, (from, at, other) => {
        const used = createGenerator(from);
        drawAt(used, other);
        expect(drawAt(used, at)).toEqual(drawAt(createGenerator(from), at));
      }),
    );
  });

  it("gives other draws for another seed or index, also beyond 32 bits", () => {
    fc.assert(
      fc.property(seed, seed, index, index, (a, b, i, j) => {
        fc.pre(a !== b && i !== j);
        const draws = drawAt(createGenerator(a), i);
        expect(drawAt(createGenerator(a), j)).not.toEqual(draws);
        expect(drawAt(createGenerator(b), i)).not.toEqual(draws);
      }),
    );
    expect(drawAt(createGenerator(1), 7)).not.toEqual(drawAt(createGenerator(1), 7 + 2 ** 32));
    expect(drawAt(createGenerator(1), 7)).not.toEqual(drawAt(createGenerator(1 + 2 ** 32), 7));
  });

  it("gives these very numbers on every machine", () => {
    expect(drawAt(createGenerator(1), 0)).toEqual([3282820045, 3494547279, 2433935328, 3526074527]);
    expect(drawAt(createGenerator(Number.MAX_SAFE_INTEGER), 123_456_789_012)).toEqual([
      2309641194, 3290621686, 1742258060, 3197274044,
    ]);
  });

  it("is uniform over the first, second and tenth draw of neighbouring indexes (chi-square, 255 degrees, p > 1e-6)", () => {
    for (const from of [0, 1, 2, 4_294_967_296]) {
      const generator = createGenerator(from);
      for (const [draw, shift] of [
        [1, 24],
        [2, 0],
        [10, 12],
      ] as const) {
        const counts = Array.from({ length: 256 }, () => 0);
        const total = 100_000;
        for (let at = 0; at < total; at++) {
          generator.place(at);
          let value = 0;
          for (let n = 0; n < draw; n++) value = generator.nextUint32();
          const bin = (value >>> shift) & 0xff;
          counts[bin] = (counts[bin] ?? 0) + 1;
        }
        const expected = total / 256;
        const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
        expect(chiSquare).toBeLessThan(377);
        expect(chiSquare).toBeGreaterThan(160);
      }
    }
  });

  it("gives faker fractions from 0 to below 1 and takes faker's seed", () => {
    const generator = createGenerator(5);
    generator.seed(9);
    const first = generator.next();
    generator.seed([9, 1]);
    expect(generator.next()).toBe(first);
    for (let n = 0; n < 10_000; n++) {
      const fraction = generator.next();
      expect(fraction >= 0 && fraction < 1).toBe(true);
    }
  });
});
