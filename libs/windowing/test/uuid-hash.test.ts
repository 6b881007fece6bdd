import { expect, test, vi } from "vitest";
import { hashUuid } from "../src/uuid-hash.js";

const ids = Array.from({ length: 1_000 }, (_, n) => Int32Array.of(n, n * n, ~n, 0));

function distinctHashes(words: readonly Int32Array[]): number {
  return new Set(words.map((one) => hashUuid(one, 0))).size;
}

test("a hash depends on a secret of the process, so that nobody can choose ids that collide", async () => {
  vi.resetModules();
  const other = await import("../src/uuid-hash.js");
  expect(ids.filter((words) => other.hashUuid(words, 0) === hashUuid(words, 0)).length).toBeLessThan(10);
});

test("ids that are chosen to collide by a hash without a secret have different hashes", () => {
  const mixed = (words: Int32Array) =>
    words.subarray(0, 3).reduce((hash, word) => {
      const next = hash ^ word;
      return Math.imul(next ^ (next >>> 15), 0x2c1b3c6d);
    }, 0);
  const chosen = ids.map((words) => Int32Array.of(...words.subarray(0, 3), mixed(words)));
  expect(distinctHashes(chosen)).toBeGreaterThan(990);
});

test("ids that differ in the top bits of their words have different hashes, which multiplications alone would cancel", () => {
  const chosen = Array.from({ length: 16 }, (_, bits) =>
    Int32Array.from([bits, bits >> 1, bits >> 2, bits >> 3], (bit) => (bit & 1) << 31),
  );
  expect(distinctHashes(chosen)).toBe(16);
});

test("ids that count up spread over the slots of a table", () => {
  const slots = new Set(Array.from({ length: 4_096 }, (_, n) => hashUuid(Int32Array.of(0, 0, 0, n), 0) & 8_191));
  // 3,224 are expected of hashes that are drawn.
  expect(slots.size).toBeGreaterThan(2_900);
});
