import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EmbeddedKafkaError } from "../../src/errors.js";
import { openStoredMap } from "../../src/storage/stored-map.js";
import { temporaryDirectory } from "../temporary.js";

const isNumber = (value: unknown): value is number => typeof value === "number";

test("what is set and deleted is there again after a restart", () => {
  const path = join(temporaryDirectory(), "map.json");
  const map = openStoredMap(path, isNumber);
  map.set("a", 1);
  map.set("b", 2);
  map.delete("a");
  expect([...openStoredMap(path, isNumber).entries()]).toEqual([["b", 2]]);
});

test("a change that was killed before its file was in place leaves the old state", () => {
  const path = join(temporaryDirectory(), "map.json");
  openStoredMap(path, isNumber).set("a", 1);
  writeFileSync(`${path}.new`, '{"a":2,"b"');
  expect([...openStoredMap(path, isNumber).entries()]).toEqual([["a", 1]]);
});

test("a change that cannot be written throws and changes nothing", () => {
  const directory = temporaryDirectory();
  const map = openStoredMap(join(directory, "missing", "map.json"), isNumber);
  expect(() => map.set("a", 1)).toThrow("ENOENT");
  expect(map.get("a")).toBeUndefined();
});

test.each(['{"a":1', '{"a":"text"}', ""])("the file %j is refused and left as it is", (content) => {
  const path = join(temporaryDirectory(), "map.json");
  writeFileSync(path, content);
  expect(() => openStoredMap(path, isNumber)).toThrow(EmbeddedKafkaError);
  expect(readFileSync(path, "utf8")).toBe(content);
});
