import { describe, expect, it } from "vitest";
import { createFindings } from "../../src/findings.js";
import type { AnswerRow } from "../../src/panels/answer.js";
import { compareRows, isAlike } from "../../src/panels/row-match.js";

const columns = { time: "exact", metric: "exact", usage: "exact", rate: "double" } as const;

function compare(expected: readonly AnswerRow[], found: readonly AnswerRow[]) {
  const findings = createFindings(100);
  compareRows({ name: "panel", columns }, "all", expected, found, findings);
  return findings
    .first()
    .map(({ what, column, where, expected: one, found: other }) => [what, column ?? "", where, one, other].join(" | "));
}

const row = (time: number, metric: string, usage: number, rate: number | null = 1.5): AnswerRow => ({
  time,
  metric,
  usage,
  rate,
});

describe("compareRows", () => {
  it("finds nothing where rows are equal and in the same order", () => {
    expect(compare([row(0, "X", 1), row(5_000, "X", 2, null)], [row(0, "X", 1), row(5_000, "X", 2, null)])).toEqual([]);
  });

  it("names the view, the row and the column of another value", () => {
    expect(compare([row(0, "X", 1), row(5_000, "X", 2)], [row(0, "X", 1), row(5_000, "X", 3)])).toEqual([
      "wrong-value | usage | all, row 2 (1970-01-01T00:00:05.000Z, X) | 2 | 3",
    ]);
  });

  it("finds rows in another order", () => {
    expect(compare([row(0, "A", 1), row(0, "B", 1)], [row(0, "B", 1), row(0, "A", 1)])).toHaveLength(2);
  });

  it("tells which row is missing, and which one nobody expects, where there are more or fewer", () => {
    const three = [row(0, "A", 1), row(0, "B", 2), row(5_000, "A", 3)];
    expect(compare(three, [row(0, "A", 1), row(5_000, "A", 3)])).toEqual([
      "missing-row |  | all, row 2 | time 1970-01-01T00:00:00.000Z, metric B, usage 2, rate 1.5 | no row",
    ]);
    expect(compare([row(0, "A", 1)], [row(0, "A", 1), row(0, "A", 1)])).toEqual([
      "unexpected-row |  | all, row 2 | no row | time 1970-01-01T00:00:00.000Z, metric A, usage 1, rate 1.5",
    ]);
  });

  it("finds a column that is not there, and one that nobody expects", () => {
    expect(compare([{ metric: "X", usage: 1 }], [{ metric: "X", users: 1 }])).toEqual([
      "wrong-value | usage | all, row 1 (X) | 1 | no such column",
      "wrong-value | users | all, row 1 (X) | no such column | 1",
    ]);
  });
});

describe("isAlike", () => {
  it("takes integers, times and texts exactly, and a null for nothing else", () => {
    expect(isAlike("exact", 10 ** 15, 10 ** 15 + 1)).toBe(false);
    expect(isAlike("exact", "Bogor", "Bogor ")).toBe(false);
    expect(isAlike("double", null, 0)).toBe(false);
    expect(isAlike("double", 0, null)).toBe(false);
    expect(isAlike("double", null, null)).toBe(true);
    expect(isAlike("double", Number.NaN, 1)).toBe(false);
  });

  it("takes doubles to 1e-12, relative to the larger one, and below 1 absolutely", () => {
    expect(isAlike("double", 50, 50 * (1 + 0.9e-12))).toBe(true);
    expect(isAlike("double", 50, 50 * (1 + 1.1e-12))).toBe(false);
    expect(isAlike("double", 0, 0.9e-12)).toBe(true);
    expect(isAlike("double", 0, 1.1e-12)).toBe(false);
  });

  it("takes any positive number for a size", () => {
    expect(isAlike("positive", 1, 7_654_321)).toBe(true);
    expect(isAlike("positive", 1, 0)).toBe(false);
    expect(isAlike("positive", 1, null)).toBe(false);
  });
});
