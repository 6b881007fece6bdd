import { describe, expect, it } from "vitest";
import { parseOptions } from "../src/options.js";

function problemOf(args: readonly string[], env: Record<string, string> = {}): string {
  const parsed = parseOptions(args, env);
  return parsed.kind === "wrong" ? parsed.problem : "nothing is wrong";
}

describe("parseOptions", () => {
  it("has the documented defaults for a live run", () => {
    expect(parseOptions([], {})).toEqual({
      kind: "run",
      options: {
        scenario: "default",
        seed: null,
        events: null,
        rate: null,
        speed: 1,
        startMs: null,
        startIndex: 0,
        topic: "socmed-events",
        partitions: null,
        json: false,
      },
    });
  });

  it("takes every option, with = or a space", () => {
    const args =
      "--scenario=deck --seed 9007199254740991 --events=5 --rate=2.5 --start=2024-02-03T17:00:00+07:00 " +
      "--start-index=7 --topic=a.b_c-1 --partitions=3 --json";
    expect(parseOptions(args.split(" "), { KAFKA_TOPIC: "other" })).toEqual({
      kind: "run",
      options: {
        scenario: "deck",
        seed: 9_007_199_254_740_991,
        events: 5,
        rate: 2.5,
        speed: 1,
        startMs: Date.UTC(2024, 1, 3, 10),
        startIndex: 7,
        topic: "a.b_c-1",
        partitions: 3,
        json: true,
      },
    });
  });

  it("takes --rate=max", () => {
    expect(parseOptions(["--rate=max"], {})).toMatchObject({ options: { rate: "max" } });
  });

  it("takes the topic from KAFKA_TOPIC unless it is empty", () => {
    expect(parseOptions([], { KAFKA_TOPIC: "mine" })).toMatchObject({ options: { topic: "mine" } });
    expect(parseOptions([], { KAFKA_TOPIC: "" })).toMatchObject({ options: { topic: "socmed-events" } });
  });

  it("gives help whatever else stands there", () => {
    expect(parseOptions(["--help", "--seed=x"], {})).toEqual({ kind: "help" });
  });

  it.each([
    [["--sed=1"], "Unknown option '--sed'"],
    [["deck"], "Unexpected argument 'deck'"],
    [["--seed"], "Option '--seed <value>' argument missing"],
    [["--seed", "--json"], "Option '--seed' argument is ambiguous"],
    [["--json=yes"], "Option '--json' does not take an argument"],
    [["--seed=-1"], '--seed got "-1"; it takes a whole number from 0 to 9007199254740991.'],
    [["--seed=1e3"], '--seed got "1e3"; it takes a whole number from 0 to 9007199254740991.'],
    [["--seed=9007199254740992"], '--seed got "9007199254740992"; it takes'],
    [["--events=0"], '--events got "0"; it takes a whole number from 1 on.'],
    [["--events=ten"], '--events got "ten"; it takes'],
    [["--rate=fast"], '--rate got "fast"; it takes events per second, a number from 0.000001 to 1000000, or max.'],
    [["--speed=0"], '--speed got "0"; it takes a number from 0.001 to 100000.'],
    [["--speed=fast"], '--speed got "fast"; it takes'],
    [["--rate=0"], '--rate got "0"; it takes'],
    [["--rate=-5"], '--rate got "-5"; it takes'],
    [["--start=yesterday"], '--start got "yesterday"; it takes a time with its zone, such as 2024-02-03T17:00:00Z'],
    [["--start=2024-02-03T17:00:00"], '--start got "2024-02-03T17:00:00"; it takes'],
    [["--start=2024-02-30T17:00:00Z"], '--start got "2024-02-30T17:00:00Z"; it takes'],
    [["--start=1970-01-01T00:00:00Z"], '--start got "1970-01-01T00:00:00Z"; it takes'],
    [["--start-index=1.5"], '--start-index got "1.5"; it takes'],
    [["--start-index=9007199254740991", "--events=1"], "--start-index and --events add up to more than"],
    [
      ["--topic=a b"],
      '--topic got "a b"; it takes a topic name of 1 to 249 letters, digits, dots, dashes or underscores.',
    ],
    [["--topic=.."], '--topic got ".."; it takes'],
    [["--partitions=0"], '--partitions got "0"; it takes a whole number from 1 to 10000'],
    [["--scenario="], '--scenario got ""; it takes'],
  ])("refuses %j in one line", (args, problem) => {
    expect(problemOf(args)).toContain(problem);
    expect(problemOf(args)).not.toContain("\n");
  });

  it("names the variable that is wrong", () => {
    expect(problemOf([], { KAFKA_TOPIC: "a/b" })).toMatch(/^KAFKA_TOPIC got "a\/b"; it takes .*\.$/);
  });
});
