import { expect, test } from "vitest";
import { IdSet } from "../src/dedup.js";

test("an id is live until its window's end with allowed lateness, whether it was evicted or not", () => {
  const ids = new IdSet(10, 5, 100);
  ids.remember("a", 0, -Infinity);
  expect([14, 15].map((watermarkMs) => ids.isLive("a", watermarkMs))).toEqual([true, false]);
  expect(ids.size).toBe(1);
  ids.evict(14);
  expect(ids.isLive("a", 14)).toBe(true);
  ids.evict(15);
  expect(ids.size).toBe(0);
});

test("an id counted again in a later window outlives the eviction of the earlier one", () => {
  const ids = new IdSet(10, 0, 100);
  ids.remember("a", 0, -Infinity);
  ids.remember("a", 3, 10);
  ids.evict(20);
  expect(ids.isLive("a", 20)).toBe(true);
  expect(ids.size).toBe(1);
});

test("expired ids make room before the bound is judged", () => {
  const ids = new IdSet(10, 0, 2);
  ids.remember("a", 0, -Infinity);
  ids.remember("b", 1, -Infinity);
  ids.remember("c", 2, 10);
  expect(ids.size).toBe(2);
});

test("more live ids than the bound are refused", () => {
  const ids = new IdSet(10, 0, 2);
  ids.remember("a", 0, -Infinity);
  ids.remember("b", 1, -Infinity);
  expect(() => ids.remember("c", 2, 9)).toThrow("More than 2 ids are live");
});

test("a snapshot's expired ids are left out, and of an id that comes twice one is held", () => {
  const ids = new IdSet(10, 0, 100);
  const saved = [
    { id: "expired", timeMs: 9 },
    { id: "twice", timeMs: 3 },
    { id: "twice", timeMs: 17 },
    { id: "twice", timeMs: 19 },
  ];
  ids.restore(saved, 10);
  expect([...ids.live(10)]).toEqual([{ id: "twice", timeMs: 10 }]);
  ids.evict(20);
  expect(ids.size).toBe(0);
});
