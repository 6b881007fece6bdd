import { presets } from "@tidemark/socmed/scenario";
import { describe, expect, it } from "vitest";
import { courseOf, REPEATABLE_START_MS } from "../src/course.js";
import { parseOptions } from "../src/options.js";

function course(args: string, scenario: keyof typeof presets = "default") {
  const parsed = parseOptions(args === "" ? [] : args.split(" "), {});
  if (parsed.kind !== "run") throw new Error("These options are wrong.");
  return courseOf(parsed.options, presets[scenario]);
}

describe("courseOf", () => {
  it("runs until stopped, by the clock, from now on, where nothing else is said", () => {
    expect(course("")).toEqual({ rate: null, speed: 1, paced: true, startMs: null, first: 0, end: Infinity });
  });

  it("begins on the deck's day where there is an end, so that the run can be repeated", () => {
    expect(course("--events=5 --start-index=2")).toMatchObject({ startMs: REPEATABLE_START_MS, first: 2, end: 7 });
  });

  it("takes --rate=max as the scenario's own curve without waiting", () => {
    expect(course("--events=5 --rate=max")).toMatchObject({ rate: null, paced: false });
  });

  it("ends where the scenario does, and hurries where it does", () => {
    const day = { rate: null, speed: 1, paced: false, startMs: REPEATABLE_START_MS, first: 0, end: 864_000 };
    expect(course("", "day")).toEqual(day);
    expect(course("--start-index=863990", "day")).toEqual({ ...day, first: 863_990 });
    expect(course("--events=10", "day")).toMatchObject({ paced: false, end: 10 });
  });

  it("waits at a rate that was asked for, even where the scenario hurries", () => {
    expect(course("--rate=50", "day")).toMatchObject({ rate: 50, paced: true, end: 864_000 });
  });

  it("takes a speed where it waits, and refuses one where it does not", () => {
    expect(course("--rate=50 --speed=200")).toMatchObject({ rate: 50, speed: 200, paced: true });
    expect(course("--speed=2", "day")).toContain("--speed has no meaning");
    expect(course("--events=1 --rate=max --speed=2")).toContain("--speed has no meaning");
  });

  it("refuses what would run away from the clock, and what lies behind the scenario's end", () => {
    expect(course("--rate=max")).toContain("--rate=max needs --events");
    expect(course("--start-index=864000", "day")).toContain("lies behind the 864000 events");
  });
});
