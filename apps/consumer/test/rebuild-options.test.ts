import { describe, expect, it } from "vitest";
import { parseRebuildOptions } from "../src/rebuild-options.js";

const targetOf = (...args: readonly string[]) => {
  const parsed = parseRebuildOptions(args, {});
  return parsed.kind === "run" ? parsed.options.target : parsed;
};

describe("parseRebuildOptions", () => {
  it("reads partitions, a definition, and what is accepted of its history", () => {
    expect(targetOf("--partition=3", "--without=812,940")).toEqual({
      type: "partitions",
      partition: 3,
      without: [812, 940],
      including: [],
    });
    expect(targetOf("--all")).toMatchObject({ type: "partitions", partition: undefined });
    expect(targetOf("--definition")).toEqual({ type: "definition", fromMs: undefined, absent: [] });
    expect(targetOf("--definition", "--from", "2024-02-03", "--absent", "items,coupon")).toEqual({
      type: "definition",
      fromMs: Date.UTC(2024, 1, 3),
      absent: ["items", "coupon"],
    });
    expect(targetOf("--definition", "--abandon")).toEqual({ type: "abandon" });
  });

  it.each([
    [[], "either --partition N, --all or --definition"],
    [["--all", "--definition"], "either --partition N, --all or --definition"],
    [["--all", "--without", "3"], "--without and --including take a --partition"],
    [["--all", "--abandon"], "--abandon takes --definition"],
    [["--all", "--from", "2024-02-03"], "--from and --absent take --definition"],
    [["--definition", "--abandon", "--absent", "items"], "--from and --absent take --definition"],
    [["--definition", "--from", "2024-02-30"], "a day such as 2024-02-03"],
    [["--definition", "--from", "3 February"], "a day such as 2024-02-03"],
    [["--definition", "--absent", "items,,coupon"], "names of fields with commas between them"],
  ])("refuses %j and says what is wrong", (args, problem) => {
    expect(targetOf(...args)).toEqual({ kind: "wrong", problem: expect.stringContaining(problem) as string });
  });
});
