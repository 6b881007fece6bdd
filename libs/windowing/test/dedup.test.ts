import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IdSet } from "../src/dedup.js";

describe.each([
  ["text", (name: string) => name],
  ["uuid", (name: string) => `00000000-0000-4000-8000-${name.charCodeAt(0).toString(16).padStart(12, "0")}`],
])("%s ids", (_, idOf) => {
  const [a, b, c] = [idOf("a"), idOf("b"), idOf("c")];

  test("an id is live until its window's end with allowed lateness, whether it was evicted or not", () => {
    const ids = new IdSet(10, 5, 100);
    expect(ids.claim(a, 0, -Infinity)).toBe(true);
    expect(ids.claim(a, 1, 14)).toBe(false);
    ids.evict(14);
    expect(ids.claim(a, 1, 14)).toBe(false);
    expect(ids.claim(a, 1, 15)).toBe(true);
  });

  test("eviction forgets expired ids, and no others", () => {
    const ids = new IdSet(10, 5, 100);
    ids.claim(a, 0, -Infinity);
    ids.claim(b, 1, -Infinity);
    ids.evict(14);
    expect(ids.size).toBe(2);
    ids.evict(15);
    expect(ids.size).toBe(1);
    expect([...ids.live(15)]).toEqual([{ id: b, timeMs: 10 }]);
  });

  test("an id counted again in a later window outlives the eviction of the earlier one", () => {
    const ids = new IdSet(10, 0, 100);
    ids.claim(a, 0, -Infinity);
    expect(ids.claim(a, 3, 10)).toBe(true);
    ids.evict(20);
    expect(ids.claim(a, 3, 20)).toBe(false);
    expect(ids.size).toBe(1);
  });

  test("expired ids make room before the bound is judged", () => {
    const ids = new IdSet(10, 0, 2);
    ids.claim(a, 0, -Infinity);
    ids.claim(b, 1, -Infinity);
    expect(ids.claim(c, 2, 10)).toBe(true);
    expect(ids.size).toBe(2);
  });

  test("one more live id than the bound is refused; a duplicate is not", () => {
    const ids = new IdSet(10, 0, 2);
    ids.claim(a, 0, -Infinity);
    ids.claim(b, 1, -Infinity);
    expect(ids.claim(a, 2, 9)).toBe(false);
    expect(() => ids.claim(c, 2, 9)).toThrow("More than 2 ids are live");
  });

  test("a snapshot's expired ids are left out, and of an id that comes twice one is held", () => {
    const ids = new IdSet(10, 0, 100);
    const saved = [
      { id: a, timeMs: 9 },
      { id: b, timeMs: 3 },
      { id: b, timeMs: 17 },
      { id: b, timeMs: 19 },
    ];
    ids.restore(saved, 10);
    expect([...ids.live(10)]).toEqual([{ id: b, timeMs: 10 }]);
    ids.evict(20);
    expect(ids.size).toBe(0);
  });
});

test("a UUID in upper case is another id than the same in lower case", () => {
  const ids = new IdSet(10, 0, 100);
  const uuid = "0ABCDEF0-0000-4000-8000-00000000000F";
  expect([uuid, uuid.toLowerCase(), uuid].map((id) => ids.claim(id, 0, 0))).toEqual([true, true, false]);
  expect([...ids.live(0)].map(({ id }) => id)).toEqual([uuid.toLowerCase(), uuid]);
});

test("ids of every shape are told apart as a Map of strings does, through growth, expiry and eviction", () => {
  const shapes = fc.constantFrom(
    (n: number) => `${n}`,
    (n: number) => `${n.toString(16).padStart(8, "0")}-0000-0000-0000-000000000000`,
    (n: number) => `00000000-0000-0000-0000-${n.toString(16).padStart(12, "0")}`,
    (n: number) => `00000000-0000-0000-0000-${n.toString(16).padStart(12, "0")}`.toUpperCase(),
  );
  const strides = fc.record({ shape: shapes, from: fc.nat(3000), length: fc.nat(900), passed: fc.nat(25) });
  fc.assert(
    fc.property(fc.array(strides, { maxLength: 8, size: "max" }), fc.boolean(), (claims, evicting) => {
      const ids = new IdSet(10, 0, 1_000_000);
      const model = new Map<string, number>();
      const [claimed, expected]: boolean[][] = [[], []];
      let watermarkMs = 0;
      for (const { shape, from, length, passed } of claims) {
        watermarkMs += passed;
        if (evicting) ids.evict(watermarkMs);
        for (let n = from; n < from + length; n++) {
          const index = Math.floor(watermarkMs / 10) + (n % 3);
          const isNew = (model.get(shape(n)) ?? -1) <= watermarkMs;
          if (isNew) model.set(shape(n), index * 10 + 10);
          expected?.push(isNew);
          claimed?.push(ids.claim(shape(n), index, watermarkMs));
        }
      }
      expect(claimed).toEqual(expected);
      const live = [...model].filter(([, expiresMs]) => expiresMs > watermarkMs);
      expect(new Map([...ids.live(watermarkMs)].map(({ id, timeMs }) => [id, timeMs + 10]))).toEqual(new Map(live));
      ids.evict(watermarkMs);
      expect(ids.size).toBe(live.length);
    }),
    { numRuns: 60 },
  );
});
