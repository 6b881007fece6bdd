import { expect, test } from "vitest";
import { count, describe } from "../summarise.mjs";

type Results = Parameters<typeof count>[1] extends ReadonlyMap<string, infer R> ? R : never;
type Status = "passed" | "failed" | "skipped" | "pending" | "todo";

const task = (taskId: string, status = 0) => {
  const [projectName = "", target = ""] = taskId.split(":");
  return { taskId, projectName, target, status };
};
const step = (tasks: readonly ReturnType<typeof task>[], exitCode = 0) => [
  { name: "2-test", exitCode, tasks: [...tasks] },
];
const file = (statuses: readonly Status[], status = statuses.includes("failed") ? "failed" : "passed") => ({
  name: "/somewhere/a.test.ts",
  status,
  assertionResults: statuses.map((one, index) => ({ fullName: `test ${index}`, status: one })),
});
const results = (...files: ReturnType<typeof file>[]): Results => ({ success: true, testResults: files });

test("every test counts, and every other task as one; the root's own test only gathers them", () => {
  const tasks = [task("schema:test"), task("schema:lint"), task("root:format"), task("root:test")];
  const schema = results(file(["passed", "passed"]), file(["passed"]));
  const counted = count(step(tasks), new Map([["schema:test", schema]]), "root");
  expect(describe(counted)).toEqual(["0 skipped", "5 passed, 0 failed"]);
});

test("a failed test and a failed task are named", () => {
  const tasks = [task("schema:test", 1), task("schema:lint", 1)];
  const counted = count(step(tasks, 1), new Map([["schema:test", results(file(["passed", "failed"]))]]), "root");
  expect(describe(counted)).toEqual([
    "failed: schema:test a.test.ts: test 1",
    "failed: schema:lint",
    "0 skipped",
    "1 passed, 2 failed",
  ]);
});

test("skipped tests and those still to be written are named, and count as neither", () => {
  const schema = results(file(["passed", "skipped", "todo", "pending"]));
  const counted = count(step([task("schema:test")]), new Map([["schema:test", schema]]), "root");
  expect(describe(counted)).toEqual([
    "skipped: schema:test a.test.ts: test 1",
    "skipped: schema:test a.test.ts: test 2",
    "skipped: schema:test a.test.ts: test 3",
    "3 skipped",
    "1 passed, 0 failed",
  ]);
});

test.each([
  { what: "gave no results", given: undefined, status: 1, says: "schema:test ended without results" },
  { what: "gave none but ended well", given: undefined, status: 0, says: "schema:test ended without results" },
  {
    what: "has a file that broke",
    given: results(file([], "failed")),
    status: 1,
    says: "schema:test a.test.ts failed outside of its tests",
  },
  {
    what: "leaked a handle",
    given: results(file(["passed"])),
    status: 1,
    says: "schema:test failed outside of its tests",
  },
  { what: "ran no test", given: results(), status: 0, says: "schema:test ran no test" },
])("a suite that $what is one failure", ({ given, status, says }) => {
  const map = new Map(given === undefined ? [] : [["schema:test", given]]);
  const counted = count(step([task("schema:test", status)], status), map, "root");
  expect(counted.failed).toEqual([says]);
});

test("a step that failed with no failed task is a failure of its own", () => {
  const counted = count(step([task("schema:lint")], 7), new Map(), "root");
  expect(describe(counted)).toEqual(["failed: 2-test ended with exit code 7", "0 skipped", "1 passed, 1 failed"]);
});

test("two suites of a project count each by its own results", () => {
  const both = new Map([
    ["schema:test", results(file(["passed"]))],
    ["schema:suites", results(file(["passed", "passed", "skipped"]))],
  ]);
  const counted = count(step([task("schema:test"), task("schema:suites")]), both, "root");
  expect(describe(counted)).toEqual(["skipped: schema:suites a.test.ts: test 2", "1 skipped", "3 passed, 0 failed"]);
});

test("an extra that was not run is named, and counts as skipped", () => {
  const skipped = { name: "4-kafka-suites", exitCode: 0, tasks: [], skipped: "kafka:suites: Java is missing" };
  const counted = count([...step([task("schema:lint")]), skipped], new Map(), "root");
  expect(describe(counted)).toEqual(["skipped: kafka:suites: Java is missing", "1 skipped", "1 passed, 0 failed"]);
});

test("a task that Nx ran in two steps counts once, as it ended last", () => {
  const steps = [...step([task("schema:lint", 1)]), ...step([task("schema:lint")])];
  expect(describe(count(steps, new Map(), "root")).at(-1)).toBe("1 passed, 0 failed");
});

test("a task that Nx skipped, as what it needs has failed, is a failure", () => {
  const { status: _status, ...skipped } = task("schema:build");
  const steps = [{ name: "2-test", exitCode: 1, tasks: [skipped as ReturnType<typeof task>] }];
  expect(count(steps, new Map(), "root").failed).toEqual(["schema:build"]);
});

test("nothing run is a failure", () => {
  expect(describe(count([], new Map(), "root")).at(-1)).toBe("0 passed, 1 failed");
});
