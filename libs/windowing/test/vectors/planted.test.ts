import { expect, test } from "vitest";
import { readCases, type VectorCase } from "./case.js";
import { divergences } from "./divergences.js";
import { judge } from "./judge.js";

// What a step expects, beside `expect`: kinds whose steps are their own expectations.
const expectations = ["expect", "windows", "start", "merged", "unmerged", "sessions"];

// Bounds, not figures: one off is still within them. And times before any, whatever is added to them.
const loose = /Between|"MIN\+/;

/** The value with one wrong leaf or one more item, in every way. */
function* spoil(value: unknown): Generator<unknown> {
  if (typeof value === "number") yield value + 1;
  else if (typeof value === "string") yield `${value}?`;
  else if (typeof value === "boolean") yield !value;
  else if (Array.isArray(value)) {
    yield [...value, { unheard: "of" }];
    for (const [at, item] of value.entries()) for (const wrong of spoil(item)) yield value.with(at, wrong);
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, unheard: "of" };
    for (const [key, item] of Object.entries(value)) for (const wrong of spoil(item)) yield { ...value, [key]: wrong };
  }
}

function* spoilSteps(vector: VectorCase): Generator<VectorCase> {
  for (const [at, step] of vector.steps.entries()) {
    for (const key of expectations) {
      if (step[key] === undefined || (key === "windows" && vector.kind === "session-merge")) continue;
      for (const wrong of spoil(step[key])) {
        if (loose.test(JSON.stringify(wrong))) continue;
        yield { ...vector, steps: vector.steps.with(at, { ...step, [key]: wrong }) };
      }
    }
  }
}

/** Whether what a case expects is compared at all, and not what ours gives instead. */
function isCompared(vector: VectorCase): boolean {
  const judged = judge(vector);
  const missing = new Set<string>(divergences.filter((each) => "isMissing" in each).map(({ name }) => name));
  return judged === "passed" || !judged.some((name) => missing.has(name));
}

for (const [file, cases] of readCases()) {
  test(`${file}: no expectation can be changed without being noticed`, () => {
    let spoiled = 0;
    for (const vector of cases.filter(isCompared)) {
      for (const wrong of spoilSteps(vector)) {
        spoiled++;
        expect(() => judge(wrong), `${vector.id}: ${JSON.stringify(wrong.steps)}`).toThrow(/^step \d+: |is no time/);
      }
    }
    expect(spoiled).toBeGreaterThan(cases.length);
  });
}
