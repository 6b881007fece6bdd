import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IdSet, textOfId } from "../src/dedup.js";

describe.each([
  ["text", (name: string) => name],
  ["uuid", (name: string) => `00000000-0000-4000-8000-${name.charCodeAt(0).toString(16).padStart(12, "0")}`],
])("%s ids", (_, idOf) => {
  const [a, b, c] = [idOf("a"), idOf("b"), idOf("c")];

  test("an id is live until its window's end with allowed lateness, whether it was evicted or not", () => {
    const ids = new IdSet(100);
    expect(ids.claim(a, 15, -Infinity)).toBe(true);
    expect(ids.claim(a, 25, 14)).toBe(false);
    ids.evict(14);
    expect(ids.claim(a, 25, 14)).toBe(false);
    expect(ids.claim(a, 25, 15)).toBe(true);
  });

  test("eviction forgets expired ids, and no others", () => {
    const ids = new IdSet(100);
    ids.claim(a, 15, -Infinity);
    ids.claim(b, 25, -Infinity);
    ids.evict(14);
    expect(ids.size).toBe(2);
    ids.evict(15);
    expect(ids.size).toBe(1);
    expect([...ids.live(15)]).toEqual([{ id: b, expiresMs: 25 }]);
  });

  test("an id counted again in a later window outlives the eviction of the earlier one", () => {
    const ids = new IdSet(100);
    ids.claim(a, 10, -Infinity);
    expect(ids.claim(a, 40, 10)).toBe(true);
    ids.evict(20);
    expect(ids.claim(a, 40, 20)).toBe(false);
    expect(ids.size).toBe(1);
  });

  test("expired ids make room before the bound is judged", () => {
    const ids = new IdSet(2);
    ids.claim(a, 10, -Infinity);
    ids.claim(b, 20, -Infinity);
    expect(ids.claim(c, 30, 10)).toBe(true);
    expect(ids.size).toBe(2);
  });

  test("one more live id than the bound is refused; a duplicate is not", () => {
    const ids = new IdSet(2);
    ids.claim(a, 10, -Infinity);
    ids.claim(b, 20, -Infinity);
    expect(ids.claim(a, 30, 9)).toBe(false);
    expect(() => ids.claim(c, 30, 9)).toThrow("More than 2 ids are live");
  });

  test("an id is known while it is live, and asking changes nothing", () => {
    const ids = new IdSet(100);
    ids.claim(a, 10, -Infinity);
    expect([ids.has(a, 9), ids.has(a, 10), ids.has(b, 9)]).toEqual([true, false, false]);
    expect(ids.size).toBe(1);
  });
});

test("texts take bytes until they are evicted", () => {
  const ids = new IdSet(100);
  ids.claim("a", 10, 0);
  ids.claim("b", 20, 0);
  const before = ids.bytes;
  ids.evict(10);
  expect(ids.bytes).toBeLessThan(before);
  expect([...ids.live(0)]).toEqual([{ id: "b", expiresMs: 20 }]);
});

test("a UUID in upper case is another id than the same in lower case", () => {
  const ids = new IdSet(100);
  const uuid = "0ABCDEF0-0000-4000-8000-00000000000F";
  expect([uuid, uuid.toLowerCase(), uuid].map((id) => ids.claim(id, 10, 0))).toEqual([true, true, false]);
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
      const ids = new IdSet(1_000_000);
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
          claimed?.push(ids.claim(shape(n), index * 10 + 10, watermarkMs));
        }
      }
      expect(claimed).toEqual(expected);
      const live = [...model].filter(([, expiresMs]) => expiresMs > watermarkMs);
      expect(new Map([...ids.live(watermarkMs)].map(({ id, expiresMs }) => [id, expiresMs]))).toEqual(new Map(live));
      ids.evict(watermarkMs);
      expect(ids.size).toBe(live.length);
    }),
    { numRuns: 60 },
  );
});

test("the four words of a UUID are the same id as its text in lower case", () => {
  const words = Int32Array.of(0x3d131cdc, 0x061146c1, 0x9ff79861 | 0, 0xa9c6c75f | 0);
  const text = "3d131cdc-0611-46c1-9ff7-9861a9c6c75f";
  const ids = new IdSet(100);
  expect(ids.claim(words, 15, -Infinity)).toBe(true);
  expect(ids.claim(text, 15, -Infinity)).toBe(false);
  expect([ids.has(text, 14), ids.has(words, 14), ids.has(words, 15)]).toEqual([true, true, false]);
  words[3] = 1;
  expect(ids.claim(words, 15, -Infinity)).toBe(true);
  expect(ids.has(text, 14)).toBe(true);
  expect([...ids.live(0)].map(({ id }) => id)).toEqual([text, textOfId(words)]);
});
