import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatUuid, parseUuid, UuidTable } from "../src/uuid-table.js";

const words = new Int32Array(4);

test("a UUID in lower case is read and written back", () => {
  const uuids = fc.oneof(
    fc.uuid({ version: [1, 4, 7] }),
    fc.constantFrom("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
  );
  fc.assert(
    fc.property(uuids, (uuid) => {
      expect(parseUuid(uuid, words)).toBe(true);
      expect(formatUuid(words, 0)).toBe(uuid);
    }),
  );
});

test("any other text is none: one wrong character anywhere is enough", () => {
  const uuid = "01234567-89ab-4def-8123-456789abcdef";
  const others = ["g", "A", "-", "0", " ", "/", ":", "`", "\u0000", "\u0130", "\u3030", "\uff10", "\ud800"];
  const wrong = [...uuid].flatMap((right, at) =>
    others
      .filter((other) => other !== right && !(right !== "-" && other === "0"))
      .map((other) => uuid.slice(0, at) + other + uuid.slice(at + 1)),
  );
  wrong.push("", uuid.slice(1), `${uuid}0`, uuid.replaceAll("-", ""), `{${uuid.slice(1, -1)}}`);
  expect(wrong.filter((text) => parseUuid(text, words))).toEqual([]);
});

test("what expired makes room for what comes, so that a steady stream needs a table of steady size", () => {
  const table = new UuidTable();
  for (let n = 0; n < 20_000; n++) {
    words.set([n, 0, 0, 0]);
    expect(table.add(words, n + 300, n)).toBe(true);
  }
  expect(table.capacity).toBe(512);
  expect([...table.live(19_999)]).toHaveLength(300);
});

test("after a burst the table shrinks again, and keeps what is live", () => {
  const table = new UuidTable();
  const add = (n: number, watermarkMs: number) => {
    words.set([n, 0, 0, 0]);
    return table.add(words, n + 300, watermarkMs);
  };
  for (let n = 0; n < 10_000; n++) add(n, 0);
  expect(table.capacity).toBeLessThan(15_000);
  for (let n = 10_000; n < 50_000; n++) add(n, n);
  expect(table.capacity).toBeLessThanOrEqual(2048);
  expect([49_701, 49_999, 50_000].map((n) => add(n, 50_000))).toEqual([false, false, true]);
});

test("a full table leaves behind what expires at the watermark, and keeps what expires 1 ms later", () => {
  const table = new UuidTable();
  const add = (n: number, expiresMs: number, watermarkMs: number) => {
    words.set([n, 0, 0, 0]);
    return table.add(words, expiresMs, watermarkMs);
  };
  for (let n = 0; n < 512; n++) add(n, n < 256 ? 100 : 101, 0);
  expect(add(512, 200, 100)).toBe(true);
  expect(table.capacity).toBe(512);
  expect([...table.live(-Infinity)]).toHaveLength(257);
  expect([0, 255, 256, 511, 512].map((n) => add(n, 200, 100))).toEqual([true, true, false, false, false]);
});

test("an id takes at most 70 bytes in a stream that has many, and in one that grows", () => {
  const steady = new UuidTable();
  const growing = new UuidTable();
  const most = { steady: 0, growing: 0 };
  for (let n = 0; n < 300_000; n++) {
    words.set([n, 0, 0, 0]);
    growing.add(words, Infinity, n);
    steady.add(words, n + 20_000, n);
    if (n < 20_000) continue;
    most.steady = Math.max(most.steady, steady.bytes / 20_000);
    most.growing = Math.max(most.growing, growing.bytes / n);
  }
  expect(most.steady).toBeLessThanOrEqual(70);
  expect(most.growing).toBeLessThanOrEqual(70);
});
