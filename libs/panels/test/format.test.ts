import { describe, expect, test } from "vitest";
import { formatNumber, levelOf, type Threshold, type Unit } from "@tidemark/panels";

const format = (value: number | null, unit: Unit, decimals: number, length?: "full") => {
  const { text, unit: shown } = formatNumber(value, { unit, decimals }, length);
  return shown === "" ? text : `${text} ${shown}`;
};

describe("a number as people read it", () => {
  test.each<[number | null, Unit, number, string]>([
    [1_358_204, "count", 0, "1.36 Mil"],
    [5_004, "count", 0, "5,004"],
    [999_994, "count", 0, "999,994"],
    [999_995, "count", 0, "1.00 Mil"],
    [2_130_399_000, "count", 0, "2.13 Bil"],
    [43.59281437125748, "percent", 2, "43.59 %"],
    [0, "percent", 2, "0.00 %"],
    [12.345, "milliseconds", 1, "12.3 ms"],
    [300, "seconds", 0, "300 s"],
    [812, "bytes", 1, "812 B"],
    [1_048_576, "bytes", 1, "1.00 MiB"],
    [123.456, "per-second", 1, "123.5 /s"],
    [null, "count", 0, "–"],
  ])("%s %s with %s decimals is %s", (value, unit, decimals, expected) => {
    expect(format(value, unit, decimals)).toBe(expected);
  });

  test("keeps all its digits where there is room", () => {
    expect(format(1_358_204, "count", 0, "full")).toBe("1,358,204");
  });
});

describe("a threshold", () => {
  const thresholds: readonly Threshold[] = [
    { from: null, level: "bad" },
    { from: 30, level: "warning" },
    { from: 40, level: "good" },
  ];

  test.each([
    [-1, "bad"],
    [29.99, "bad"],
    [30, "warning"],
    [40, "good"],
    [1e9, "good"],
    [null, "neutral"],
  ])("judges %s as %s", (value, level) => {
    expect(levelOf(value, thresholds)).toBe(level);
  });

  test("is not needed", () => {
    expect(levelOf(5, undefined)).toBe("neutral");
  });
});
