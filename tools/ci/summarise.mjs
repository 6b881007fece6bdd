/**
 * Counts what the steps of .ci/run did, from what Nx, vitest and pytest wrote: every test of every project, and every other task
 * (lint, type check, format) as one. The last line is `N passed, N failed`.
 *
 *   node tools/ci/summarise.mjs FOLDER    FOLDER holds for each step NAME.status (its exit code) and, where Nx ran, NAME.json
 *                                         (the run.json of Nx's cache folder); or NAME.skipped, a line that says which
 *                                         extra was not run, and why
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * @typedef {{ passed: number, failed: string[], skipped: string[] }} Count failures and skipped tests by name
 * @typedef {{ taskId: string, target: string, projectName: string, status: number }} Task as in Nx's run.json
 * @typedef {{ name: string, exitCode: number, tasks: Task[], skipped?: string }} Step
 * @typedef {{ fullName: string, status: string }} Assertion
 * @typedef {{ success: boolean, testResults: { name: string, status: string, message?: string, assertionResults: Assertion[] }[] }} Results
 */

/** Targets whose tasks are tests, if their project has results. */
const testTargets = new Set([
  "test",
  "verify",
  "chain",
  "newer-node",
  "suites",
  "seeds",
  "planted",
  "simulate",
  "spark",
  "python",
]);

/**
 * @param {readonly Step[]} steps
 * @param {ReadonlyMap<string, Results>} results of tests, by task
 * @param {string} rootProject its `test` only gathers the others
 * @returns {Count}
 */
export function count(steps, results, rootProject) {
  const tasks = new Map(steps.flatMap((step) => step.tasks.map((task) => [task.taskId, task])));
  tasks.delete(`${rootProject}:test`);
  const counts = [...tasks.values()].map((task) => countTask(task, results.get(task.taskId)));
  for (const step of steps) {
    if (step.skipped !== undefined) counts.push({ passed: 0, failed: [], skipped: [step.skipped] });
    const told = step.tasks.some(({ status }) => status !== 0);
    if (step.exitCode !== 0 && !told) counts.push(failure(`${step.name} ended with exit code ${step.exitCode}`));
  }
  return add(counts);
}

/**
 * @param {Task} task
 * @param {Results | undefined} results
 * @returns {Count}
 */
function countTask({ taskId, target, status }, results) {
  const ok = status === 0;
  if (!testTargets.has(target)) return ok ? { passed: 1, failed: [], skipped: [] } : failure(taskId);
  if (results === undefined) return failure(`${taskId} ended without results`);
  const counted = add(results.testResults.map((file) => countFile(taskId, file)));
  // A leaked handle, an error outside of any test, or nothing to run.
  if (!ok && counted.failed.length === 0) counted.failed.push(`${taskId} failed outside of its tests`);
  if (ok && counted.passed === 0 && counted.failed.length === 0) counted.failed.push(`${taskId} ran no test`);
  return counted;
}

/**
 * @param {string} taskId
 * @param {Results["testResults"][number]} file
 * @returns {Count}
 */
function countFile(taskId, { name, status, assertionResults }) {
  const named = (/** @type {Assertion} */ { fullName }) => `${taskId} ${basename(name)}: ${fullName}`;
  const failed = assertionResults.filter((one) => one.status === "failed").map(named);
  if (status === "failed" && failed.length === 0)
    failed.push(`${taskId} ${basename(name)} failed outside of its tests`);
  return {
    passed: assertionResults.filter((one) => one.status === "passed").length,
    failed,
    skipped: assertionResults.filter((one) => one.status !== "passed" && one.status !== "failed").map(named),
  };
}

/**
 * @param {string} name
 * @returns {Count}
 */
function failure(name) {
  return { passed: 0, failed: [name], skipped: [] };
}

/**
 * @param {readonly Count[]} counts
 * @returns {Count}
 */
function add(counts) {
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.flatMap(({ failed }) => failed),
    skipped: counts.flatMap(({ skipped }) => skipped),
  };
}

/**
 * @param {Count} counted
 * @returns {string[]} lines, the last of which is `N passed, N failed`; nothing passed is a failure too
 */
export function describe({ passed, failed, skipped }) {
  const failures = passed === 0 && failed.length === 0 ? ["nothing was run"] : failed;
  return [
    ...failures.map((name) => `failed: ${name}`),
    ...skipped.map((name) => `skipped: ${name}`),
    `${skipped.length} skipped`,
    `${passed} passed, ${failures.length} failed`,
  ];
}

/**
 * @param {string} folder
 * @returns {Step[]}
 */
export function readSteps(folder) {
  return readdirSync(folder)
    .filter((file) => /\.(status|skipped)$/.test(file))
    .sort()
    .map((file) => {
      const name = basename(file).replace(/\.(status|skipped)$/, "");
      if (file.endsWith(".skipped")) {
        return { name, exitCode: 0, tasks: [], skipped: readFileSync(join(folder, file), "utf8").trim() };
      }
      const exitCode = Number(readFileSync(join(folder, file), "utf8"));
      return { name, exitCode, tasks: readJson(join(folder, `${name}.json`))?.tasks ?? [] };
    });
}

/**
 * The results of the projects of the workspace by task: `test` leaves vitest.json, another target a file of its own name.
 * @param {string} root
 * @returns {Map<string, Results>}
 */
export function readResults(root) {
  /** @type {string[]} */
  const patterns = readJson(join(root, "package.json"))?.workspaces ?? [];
  const results = new Map();
  for (const folder of patterns.flatMap((pattern) => expand(root, pattern))) {
    const manifest = readJson(join(folder, "package.json"));
    for (const target of manifest === undefined ? [] : testTargets) {
      const found = readJson(join(folder, "test-results", `${target === "test" ? "vitest" : target}.json`));
      if (found !== undefined) results.set(`${manifest.nx?.name ?? basename(folder)}:${target}`, found);
    }
  }
  return results;
}

/**
 * @param {string} root
 * @param {string} pattern a folder, or all of those in one: `libs/*`
 * @returns {string[]}
 */
function expand(root, pattern) {
  if (!pattern.endsWith("/*")) return [join(root, pattern)];
  const parent = join(root, pattern.slice(0, -2));
  return existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : [];
}

/**
 * @param {string} path
 * @returns {any} undefined where there is no such file, or it was broken off
 */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

if (process.argv[1]?.endsWith("summarise.mjs")) {
  const [folder = ""] = process.argv.slice(2);
  const rootProject = readJson("package.json")?.nx?.name ?? "";
  const lines = describe(count(readSteps(folder), readResults("."), rootProject));
  for (const line of lines) console.log(line);
  process.exitCode = lines.at(-1)?.endsWith(" 0 failed") === true ? 0 : 1;
}
