import { join } from "node:path";
import { expect, test } from "vitest";
import { openOffsetStore } from "../../src/group/offset-store.js";
import { temporaryDirectory } from "../temporary.js";

const at = (topic: string, partition: number, offset: number) => ({ topic, partition, offset, metadata: null });

test("the last commit of each partition stays, over a restart too", () => {
  const path = join(temporaryDirectory(), "offsets.json");
  const store = openOffsetStore(path);
  store.commit("g", [at("t", 0, 5), at("t", 1, 6)]);
  store.commit("g", [at("t", 0, 7)]);
  store.commit("__proto__", [at("__proto__", 0, 1)]);
  const again = openOffsetStore(path);
  expect(again.get("g")).toEqual([at("t", 0, 7), at("t", 1, 6)]);
  expect(again.get("__proto__")).toEqual([at("__proto__", 0, 1)]);
  expect(again.get("nobody")).toEqual([]);
});

test("a deleted topic is forgotten in every group", () => {
  const path = join(temporaryDirectory(), "offsets.json");
  const store = openOffsetStore(path);
  store.commit("g", [at("t", 0, 5), at("u", 0, 6)]);
  store.commit("h", [at("t", 0, 5)]);
  store.deleteTopic("t");
  const again = openOffsetStore(path);
  expect([again.get("g"), again.get("h")]).toEqual([[at("u", 0, 6)], []]);
});
