import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, expect, test } from "vitest";

const repository = resolve(import.meta.dirname, "../../..");
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What stands in for npm and npx: shell commands by their arguments. */
type Commands = Readonly<Record<string, string>>;

const taskJson = (taskId: string, status: number) => {
  const [projectName, target] = taskId.split(":");
  return JSON.stringify({ tasks: [{ taskId, projectName, target, status }] });
};
const ran = (taskId: string, status: number) =>
  `mkdir -p .nx/cache; echo '${taskJson(taskId, status)}' >.nx/cache/run.json`;
const one = (status: string) =>
  JSON.stringify({
    success: true,
    testResults: [{ name: "a.test.ts", status, assertionResults: [{ fullName: "is so", status }] }],
  });
const gave = (project: string, status: string, file = "vitest") =>
  `mkdir -p ${project}/test-results; echo '${one(status)}' >${project}/test-results/${file}.json`;

const green: Commands = {
  "npm ci --no-audit --no-fund": "true",
  "npm test": `${gave("libs/schema", "passed")}; ${ran("schema:test", 0)}`,
  "npx nx run consumer:simulate": `${gave("apps/consumer", "passed", "simulate")}; ${ran("consumer:simulate", 0)}`,
  "npx nx run pack:check": `${gave("tools/pack", "passed", "check")}; ${ran("pack:check", 0)}`,
  "npx nx run pack:verify": `${gave("tools/pack", "passed", "verify")}; ${ran("pack:verify", 0)}`,
  "npx nx run verify:chain": `${gave("tools/verify", "passed", "chain")}; ${ran("verify:chain", 0)}`,
  "npx nx run verify:newer-node": `${gave("tools/verify", "passed", "newer-node")}; ${ran("verify:newer-node", 0)}`,
  "npx nx run chaos:seeds": `${gave("tools/chaos", "passed", "seeds")}; ${ran("chaos:seeds", 0)}`,
  "npx nx run spark:python": `${gave("apps/spark", "passed", "python")}; ${ran("spark:python", 0)}`,
  "npx nx run verify:spark": `${gave("tools/verify", "passed", "spark")}; ${ran("verify:spark", 0)}`,
  "npx nx run chaos:spark": `${gave("tools/chaos", "passed", "spark")}; ${ran("chaos:spark", 0)}`,
  "npx nx run bench:short": ran("bench:short", 0),
  "npx nx run real-kafka:verify": `${gave("tools/real-kafka", "passed", "verify")}; ${ran("real-kafka:verify", 0)}`,
  "npx nx run real-kafka:suites": `${gave("tools/real-kafka", "passed", "suites")}; ${ran("real-kafka:suites", 0)}`,
};

/** What else is on the PATH, by name; by default a browser and all that a real Kafka needs, and nothing that would install it. */
type Programs = Readonly<Record<string, string>>;
const javaOf = (version: string) => `echo 'openjdk version "${version}" 2025-04-15' >&2`;
const machine: Programs = {
  java: javaOf("17.0.15"),
  mvn: "true",
  python3: "true",
  chromium: "true",
  "apt-get": "exit 100",
  id: "echo 0",
};

/** A small copy of the repository, with the results of an earlier run, which must not be counted. */
function createCopy(): string {
  const root = mkdtempSync(join(tmpdir(), "tidemark-ci-"));
  folders.push(root);
  for (const file of [".ci/run", "tools/ci/summarise.mjs", "tools/dev/install.mjs"]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(join(repository, file), join(root, file));
  }
  const manifest = { workspaces: ["apps/*", "libs/*", "tools/*", "examples"], nx: { name: "tidemark" } };
  writeFileSync(join(root, "package.json"), JSON.stringify(manifest));
  for (const project of [
    "libs/schema",
    "tools/pack",
    "tools/verify",
    "tools/chaos",
    "tools/bench",
    "tools/real-kafka",
    "apps/consumer",
    "apps/spark",
    "examples",
  ]) {
    mkdirSync(join(root, project), { recursive: true });
    writeFileSync(join(root, project, "package.json"), "{}");
  }
  mkdirSync(join(root, "libs/schema/test-results"));
  writeFileSync(join(root, "libs/schema/test-results/vitest.json"), one("passed"));
  mkdirSync(join(root, "bin"));
  return root;
}

/** Runs the real .ci/run in a small copy of the repository, where npm and npx do what is given. */
function runCi(commands: Commands, programs: Programs = machine): { status: number | null; lines: string[] } {
  const root = createCopy();
  const bin = join(root, "bin");
  symlinkSync(process.execPath, join(bin, "node"));
  for (const command of ["npm", "npx"]) {
    const cases = Object.entries(commands).map(([line, does]) => `"${line}") ${does} ;;`);
    writeFileSync(join(bin, command), `#!/bin/sh\ncase "${command} $*" in\n${cases.join("\n")}\n*) exit 99 ;;\nesac\n`);
    chmodSync(join(bin, command), 0o755);
  }
  for (const [name, does] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\nbin=${bin}\n${does}\n`, { mode: 0o755 });
  }
  const { status, stdout } = spawnSync("/bin/bash", [join(root, ".ci/run")], {
    encoding: "utf8",
    env: { PATH: `${bin}:${linkSystem(root)}`, HOME: root, TMPDIR: root },
  });
  return { status, lines: stdout.trimEnd().split("\n") };
}

/** A folder with the system's programs, but for its browsers. */
function linkSystem(root: string): string {
  const folder = join(root, "system");
  mkdirSync(folder);
  const linked = new Set<string>();
  for (const from of ["/usr/bin", "/bin"]) {
    for (const name of readdirSync(from)) {
      if (linked.has(name) || /^(chromium|google-chrome)/.test(name)) continue;
      linked.add(name);
      symlinkSync(join(from, name), join(folder, name));
    }
  }
  return folder;
}

test("where all passes, the last line has the number, the one before those skipped, and the exit code is 0", () => {
  const { status, lines } = runCi(green);
  expect(lines.slice(-2)).toEqual(["0 skipped", "13 passed, 0 failed"]);
  expect(status).toBe(0);
});

test("a failed test makes it fail, and what comes after npm test runs all the same", () => {
  const failing = `${gave("libs/schema", "failed")}; ${ran("schema:test", 1)}; exit 1`;
  const { status, lines } = runCi({ ...green, "npm test": failing });
  expect(lines.slice(-3)).toEqual(["failed: schema:test a.test.ts: is so", "0 skipped", "12 passed, 1 failed"]);
  expect(status).toBe(1);
});

test("results of an earlier run do not count for a suite that gave none", () => {
  const { status, lines } = runCi({ ...green, "npm test": `${ran("schema:test", 1)}; exit 1` });
  expect(lines).toContain("failed: schema:test ended without results");
  expect(status).toBe(1);
});

test("an install that fails is the one failure, and nothing else runs", () => {
  const { status, lines } = runCi({ ...green, "npm ci --no-audit --no-fund": "exit 1" });
  expect(lines.slice(-3)).toEqual(["failed: 1-install ended with exit code 1", "0 skipped", "0 passed, 1 failed"]);
  expect(lines.join("\n")).not.toContain("npm test");
  expect(status).toBe(1);
});

test("a project that is a folder by itself counts too", () => {
  const { lines } = runCi({ ...green, "npm test": `${gave("examples", "passed")}; ${ran("examples:test", 0)}` });
  expect(lines.at(-1)).toBe("13 passed, 0 failed");
});

test("npm test that does nothing and ends well is not taken for a success", () => {
  const { status, lines } = runCi(Object.fromEntries(Object.keys(green).map((line) => [line, "true"])));
  expect(lines.at(-1)).toBe("0 passed, 1 failed");
  expect(status).toBe(1);
});

test("where there is no Java and none to be had, what needs a real Kafka or Spark is skipped, and said in the summary", () => {
  const { status, lines } = runCi(green, { ...machine, java: javaOf("11.0.27") });
  expect(lines).toContain("== Java 17 or newer is missing: apt-get install a Java and maven, for a real Kafka");
  expect(lines.slice(-7)).toEqual([
    "skipped: spark:python: Java 17 or newer is missing, and could not be installed",
    "skipped: verify:spark: Java 17 or newer is missing, and could not be installed",
    "skipped: chaos:spark: Java 17 or newer is missing, and could not be installed",
    "skipped: real-kafka:verify: Java 17 or newer is missing, and could not be installed",
    "skipped: real-kafka:suites: Java 17 or newer is missing, and could not be installed",
    "5 skipped",
    "8 passed, 0 failed",
  ]);
  expect(status).toBe(0);
});

test("where there is no Python that makes virtual environments, what needs Spark is skipped, and said in the summary", () => {
  const { status, lines } = runCi(green, { ...machine, python3: "exit 1" });
  const missing = "Python 3.11 or newer with venv is missing";
  expect(lines).toContain(`== ${missing}: apt-get install python3 python3-venv, for the Spark job`);
  expect(lines.slice(-5)).toEqual([
    `skipped: spark:python: ${missing}, and could not be installed`,
    `skipped: verify:spark: ${missing}, and could not be installed`,
    `skipped: chaos:spark: ${missing}, and could not be installed`,
    "3 skipped",
    "10 passed, 0 failed",
  ]);
  expect(status).toBe(0);
});

test("a Java that is missing is installed, whichever there is of those that will do", () => {
  const installs = `case "$*" in *openjdk-21*) printf '#!/bin/sh\n${javaOf("21.0.7").replaceAll("'", `'\\''`)}\n' >$bin/java ;; update*) ;; *) exit 100 ;; esac`;
  const { lines } = runCi(green, { ...machine, java: "exit 127", "apt-get": installs });
  expect(lines.slice(-2)).toEqual(["0 skipped", "13 passed, 0 failed"]);
});

const { chromium: _, ...withoutBrowser } = machine;

test("a Chromium that is missing is installed, for the tests of the live page", () => {
  const installs = `case "$*" in *chromium*) printf '#!/bin/sh\n' >$bin/chromium; chmod +x $bin/chromium ;; esac`;
  const installing = `${gave("libs/schema", "passed")}; ${ran("schema:test", 0)}; command -v chromium && echo found it`;
  const { lines } = runCi({ ...green, "npm test": installing }, { ...withoutBrowser, "apt-get": installs });
  expect(lines).toContain("== Chromium is missing: apt-get install chromium, for the tests of the live page");
  expect(lines).toContain("found it");
});

test("where there is no Chromium and none to be had, all else runs", () => {
  const { status, lines } = runCi(green, withoutBrowser);
  expect(lines).toContain("== Chromium is missing: apt-get install chromium, for the tests of the live page");
  expect(lines.at(-1)).toBe("13 passed, 0 failed");
  expect(status).toBe(0);
});

test("with no Node and nothing to install it with, it says what to do", () => {
  const root = createCopy();
  symlinkSync("/usr/bin/dirname", join(root, "bin/dirname"));
  const { status, stdout } = spawnSync("/bin/bash", [join(root, ".ci/run")], {
    encoding: "utf8",
    env: { PATH: join(root, "bin") },
  });
  expect(stdout.trimEnd().split("\n")).toEqual([
    "Node is missing: install Node 20.19 or newer with npm from https://nodejs.org, then try again.",
    "0 passed, 1 failed",
  ]);
  expect(status).toBe(1);
});
