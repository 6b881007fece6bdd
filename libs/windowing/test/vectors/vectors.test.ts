import { expect, test } from "vitest";
import { readCases, type VectorCase } from "./case.js";
import { divergences } from "./divergences.js";
import { judge, type Judged } from "./judge.js";

const files = [...readCases()];

for (const [file, cases] of files) {
  const judged: Judged[] = [];

  test.each(cases.map((vector) => [vector.id, vector] as const))(`${file}: %s`, (_, vector) => {
    const result = judge(vector);
    judged.push(result);
    expect(result).not.toEqual([]);
  });

  test(`${file}: every case passes, or is a named divergence`, () => {
    expect(judged).toHaveLength(cases.length);
    print(file, judged);
  });
}

function print(file: string, judged: readonly Judged[]): void {
  const counts = new Map<string, number>();
  for (const name of judged.filter((each) => each !== "passed").flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const passed = judged.filter((each) => each === "passed").length;
  const named = [...counts].map(([name, count]) => `${count} ${name}`);
  const divergent = judged.length - passed;
  process.stdout.write(`${file}: ${passed} passed as they are, ${divergent} named divergences (${named.join(", ")})\n`);
}

const aCase: VectorCase = {
  id: "made",
  engine: "flink",
  kind: "window-assign",
  timeUnit: "ms",
  config: { size: 10, slide: 10, offset: 0 },
  steps: [{ t: 5, windows: [[0, 10]] }],
};

test("each case has an id of its own", () => {
  const ids = files.flatMap(([, cases]) => cases.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

test("an unknown kind fails, and an unknown engine", () => {
  expect(judge(aCase)).toBe("passed");
  expect(() => judge({ ...aCase, kind: "window-guess" })).toThrow("no adapter for the kind window-guess of flink");
  expect(() => judge({ ...aCase, engine: "storm" })).toThrow("no adapter");
});

test("a case that says nothing fails", () => {
  expect(() => judge({ ...aCase, steps: [] })).toThrow("nothing was compared in made");
});

test("an unknown operation fails", () => {
  const valve = { ...aCase, kind: "watermark-valve", config: { inputs: 1 } };
  expect(() => judge({ ...valve, steps: [{ op: "shut", input: 0, expect: [] }] })).toThrow('unknown operation "shut"');
});

test("divergences have names of their own, and reasons", () => {
  const names = divergences.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { reason } of divergences) expect(reason).toMatch(/\w+ \w+.*\.$/);
});
