import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findOutdated, refuseNode } from "../install.mjs";
import { createFolder, repository, run } from "./run.js";

const locked = {
  "": { version: "0.1.0" },
  "libs/own": { version: "0.1.0" },
  "node_modules/@tidemark/own": { resolved: "libs/own", link: true },
  "node_modules/a": { version: "1.0.0", resolved: "https://example.org/a.tgz" },
  "node_modules/other-platform": { version: "1.0.0", optional: true },
};

function createWorkspace(installed: object | undefined, lock: object | undefined = locked): string {
  const root = createFolder();
  const write = (path: string, content: unknown) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify(content));
  };
  write("libs/own/package.json", { name: "@tidemark/own" });
  write("package-lock.json", { packages: lock });
  if (installed === undefined) return root;
  write("node_modules/.package-lock.json", { packages: installed });
  write("node_modules/a/package.json", { name: "a" });
  write("node_modules/@tidemark/own/package.json", { name: "@tidemark/own" });
  return root;
}

const { "": _root, "node_modules/other-platform": _other, ...installedAll } = locked;

test("what the lockfile names is there: nothing is to be installed, and other platforms' packages are not missed", () => {
  expect(findOutdated(createWorkspace(installedAll))).toBeUndefined();
});

test("a fresh clone, or an install that was broken off, is missing its modules", () => {
  expect(findOutdated(createWorkspace(undefined))).toBe("node_modules is missing");
});

test("a package of another version, one that is lacking, and one that was deleted are out of date", () => {
  const older = { ...installedAll, "node_modules/a": { version: "0.9.0", resolved: "https://example.org/a.tgz" } };
  expect(findOutdated(createWorkspace(older))).toBe("node_modules is out of date (node_modules/a)");
  const { "node_modules/a": _a, ...without } = installedAll;
  expect(findOutdated(createWorkspace(without))).toBe("node_modules is out of date (node_modules/a)");
  const deleted = createWorkspace(installedAll);
  rmSync(join(deleted, "node_modules/a"), { recursive: true });
  expect(findOutdated(deleted)).toBe("node_modules is out of date (node_modules/a)");
});

test("a new project of the workspace is out of date until it is linked", () => {
  const lock = { ...locked, "node_modules/@tidemark/new": { resolved: "libs/new", link: true } };
  expect(findOutdated(createWorkspace(installedAll, lock))).toBe(
    "node_modules is out of date (node_modules/@tidemark/new)",
  );
});

test.each(["18.20.4", "20.18.3", "16.0.0"])("Node %s is refused in one sentence that says what to do", (version) => {
  expect(refuseNode(version)).toBe(
    `Tidemark needs Node 20.19 or newer, and this is ${version}: install a newer one from https://nodejs.org, then try again.`,
  );
});

test.each(["20.19.0", "20.20.2", "22.0.0", "24.1.0"])("Node %s will do", (version) => {
  expect(refuseNode(version)).toBeUndefined();
});

/** A workspace with a lockfile and no packages from outside, and the installer in its place. */
function createClone(): string {
  const root = createFolder();
  const files = {
    "package.json": JSON.stringify({ name: "fresh", version: "1.0.0", workspaces: ["libs/*"] }),
    "libs/own/package.json": JSON.stringify({ name: "own", version: "1.0.0", bin: { own: "./own.js" } }),
    "libs/own/own.js": "#!/usr/bin/env node\n",
    "tools/dev/install.mjs": readFileSync(join(repository, "tools/dev/install.mjs"), "utf8"),
    "package-lock.json": JSON.stringify({
      name: "fresh",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: {
        "": { name: "fresh", version: "1.0.0", workspaces: ["libs/*"] },
        "libs/own": { version: "1.0.0", bin: { own: "own.js" } },
        "node_modules/own": { resolved: "libs/own", link: true },
      },
    }),
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test("in a fresh clone it installs from the lockfile once, says so in a line, and then has nothing to do", async () => {
  const root = createClone();
  const install = () => run(process.execPath, ["tools/dev/install.mjs"], { cwd: root });
  const first = install();
  expect(await first.exitCode).toBe(0);
  expect(first.output()).toContain("node_modules is missing: running npm ci, which takes a minute or so\n");
  const second = install();
  expect(await second.exitCode).toBe(0);
  expect(second.output()).toBe("");
});

test("of two at once one installs, and both find it done", async () => {
  const root = createClone();
  const both = [0, 1].map(() => run(process.execPath, ["tools/dev/install.mjs"], { cwd: root }));
  expect(await Promise.all(both.map(({ exitCode }) => exitCode))).toEqual([0, 0]);
  expect(both.filter(({ output }) => output().includes("running npm ci"))).toHaveLength(1);
  expect(findOutdated(root)).toBeUndefined();
});

test("an install that fails says so and exits 1", async () => {
  const root = createClone();
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "fresh", dependencies: { a: "file:gone.tgz" } }));
  const { exitCode, output } = run(process.execPath, ["tools/dev/install.mjs"], { cwd: root });
  expect(await exitCode).toBe(1);
  expect(output()).toMatch(/npm ci failed \(exit code \d+\): see above for why, then try again\.\n$/);
});
