import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { complete, describePlatform, findMissing, findUnchecked } from "../complete-lockfile.mjs";
import { repository } from "./run.js";

const packages = {
  "": { version: "1.0.0" },
  "node_modules/a": {
    version: "1.0.0",
    dev: true,
    optionalDependencies: { "@a/linux-x64": "1.0.0", "@a/darwin-arm64": "1.0.0", below: "^1.0.0", beside: "^1.0.0" },
  },
  "node_modules/@a/linux-x64": { version: "1.0.0" },
  "node_modules/a/node_modules/below": { version: "1.0.0" },
  "node_modules/beside": { version: "1.0.0", optionalDependencies: {} },
  "node_modules/@b/c/node_modules/d": { version: "1.0.0", optionalDependencies: { beside: "^1.0.0" } },
};

test("the repository's lockfile lacks no platform's package, or npm ci would refuse it", () => {
  const lock = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8"));
  expect(findMissing(lock.packages).map(({ name }) => name)).toEqual([]);
});

test("the repository's lockfile has the hash of every package, for every platform", () => {
  const lock = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8"));
  expect(findUnchecked(lock.packages)).toEqual([]);
});

test("a package without a hash is found, and a link to a project needs none", () => {
  expect(findUnchecked({ "": {}, "libs/a": {}, "node_modules/a": { link: true }, "node_modules/b": {} })).toEqual([
    "node_modules/b",
  ]);
});

test("an optional package that is nowhere that Node would look is missing", () => {
  expect(findMissing(packages)).toEqual([{ name: "@a/darwin-arm64", version: "1.0.0", dev: true }]);
});

test("it is added in npm's order, for its platform alone, and then none is missing", () => {
  const completed = complete(packages);
  expect(completed.added).toEqual(["@a/darwin-arm64"]);
  expect(Object.keys(completed.packages).slice(0, 3)).toEqual([
    "",
    "node_modules/@a/darwin-arm64",
    "node_modules/@a/linux-x64",
  ]);
  expect(completed.packages["node_modules/@a/darwin-arm64"]).toEqual({
    version: "1.0.0",
    cpu: ["arm64"],
    dev: true,
    optional: true,
    os: ["darwin"],
  });
  expect(findMissing(completed.packages)).toEqual([]);
});

test.each([
  { name: "@nx/nx-linux-arm64-musl", os: "linux", cpu: "arm64", libc: ["musl"] },
  { name: "@oxlint/binding-linux-arm-musleabihf", os: "linux", cpu: "arm", libc: ["musl"] },
  { name: "@oxlint/binding-linux-s390x-gnu", os: "linux", cpu: "s390x", libc: ["glibc"] },
  { name: "@oxlint/binding-win32-ia32-msvc", os: "win32", cpu: "ia32", libc: undefined },
])("$name is for $os on $cpu", ({ name, os, cpu, libc }) => {
  const entry = describePlatform({ name, version: "1.0.0", dev: false });
  expect(entry).toEqual({ version: "1.0.0", cpu: [cpu], ...(libc && { libc }), optional: true, os: [os] });
});

test("a package whose name tells no platform, or whose version is a range, is left to a person", () => {
  expect(describePlatform({ name: "@a/wasm32-wasi", version: "1.0.0", dev: false })).toBeUndefined();
  expect(describePlatform({ name: "@a/linux-x64", version: "^1.0.0", dev: false })).toBeUndefined();
});
