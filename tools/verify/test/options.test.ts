import { describe, expect, it } from "vitest";
import { parseOptions } from "../src/options.js";

const options = (args: string[], env: Record<string, string> = {}) => {
  const parsed = parseOptions(args, env);
  if (parsed.kind !== "run") throw new Error(JSON.stringify(parsed));
  return parsed.options;
};

it("checks the tables of socmed-events strictly, if nothing else is said", () => {
  expect(options([])).toEqual({
    topic: "socmed-events",
    pipeline: null,
    module: null,
    prefix: false,
    differences: 10,
    json: false,
    run: null,
    view: null,
  });
});

it("takes the topic from --topic, then from KAFKA_TOPIC; an empty variable is an unset one", () => {
  expect(options(["--topic=a"], { KAFKA_TOPIC: "b" }).topic).toBe("a");
  expect(options([], { KAFKA_TOPIC: "b" }).topic).toBe("b");
  expect(options([], { KAFKA_TOPIC: "" }).topic).toBe("socmed-events");
});

it("takes the topic and the pipeline from a module, unless they are given by name", () => {
  const env = { PIPELINE: "orders.ts" };
  expect(options([], env)).toMatchObject({ topic: null, pipeline: null, module: "orders.ts" });
  expect(options(["--pipeline=a", "--topic=b"], env)).toMatchObject({ topic: "b", pipeline: "a" });
  expect(options(["--pipeline=a"])).toMatchObject({ topic: null, pipeline: "a" });
});

it("reads what the producer was told, with the producer's defaults", () => {
  expect(options(["--scenario=deck", "--seed=5"]).run).toEqual({
    scenario: "deck",
    seed: 5,
    events: null,
    rate: null,
    startMs: Date.parse("2024-02-03T17:00:00Z"),
    startIndex: 0,
  });
  const all = ["--scenario=x.json", "--seed=0", "--events=9", "--rate=0.5", "--start-index=7"];
  expect(options([...all, "--start=2025-01-01T01:00:00+01:00"]).run).toEqual({
    scenario: "x.json",
    seed: 0,
    events: 9,
    rate: 0.5,
    startMs: Date.parse("2025-01-01T00:00:00Z"),
    startIndex: 7,
  });
  expect(options(["--scenario=deck", "--seed=5", "--rate=max"]).run?.rate).toBeNull();
});

it("looks at panels as they are at a time, over a range, or over all", () => {
  const atMs = Date.parse("2024-02-03T17:30:00Z");
  expect(options(["--at=2024-02-03T17:30:00Z"]).view).toEqual({ atMs, rangeMs: "all" });
  expect(options(["--range=90s"]).view).toEqual({ atMs: null, rangeMs: 90_000 });
  expect(options(["--range=30d"]).view).toEqual({ atMs: null, rangeMs: 30 * 86_400_000 });
  expect(options(["--at=2024-02-04T00:30:00+07:00", "--range=all"]).view).toEqual({ atMs, rangeMs: "all" });
});

it("knows --help, and -h", () => {
  expect(parseOptions(["--help"], {})).toEqual({ kind: "help" });
  expect(parseOptions(["--json", "-h"], {})).toEqual({ kind: "help" });
});

describe("a wrong option is told in one sentence with its name, what it got and what it takes", () => {
  it.each([
    [["--differences=0"], '--differences got "0"; it takes a whole number from 1 to 10000.'],
    [["--differences=ten"], '--differences got "ten"; it takes a whole number from 1 to 10000.'],
    [
      ["--topic=a b"],
      '--topic got "a b"; it takes a topic name of 1 to 249 letters, digits, dots, dashes or underscores.',
    ],
    [["--scenario=deck"], "--scenario needs --seed: the producer printed it."],
    [["--seed=5"], "--seed says what a scenario was sent with; it needs --scenario."],
    [["--events=5", "--start-index=0"], "--events says what a scenario was sent with; it needs --scenario."],
    [["--scenario=deck", "--seed=1", "--rate=fast"], '--rate got "fast"; it takes events per second, a number from'],
    [["--scenario=deck", "--seed=1", "--rate=0"], '--rate got "0"; it takes events per second, a number from'],
    [["--scenario=deck", "--seed=1", "--start=now"], '--start got "now"; it takes a time with its zone'],
    [["--scenario=deck", "--seed=1", "--start=1970-01-01T00:00:00Z"], '--start got "1970-01-01T00:00:00Z"; it takes'],
    [["--scenario=deck", "--seed=1", "--events=0"], '--events got "0"; it takes a whole number from 1 to 4294967295.'],
    [["--at=now"], '--at got "now"; it takes a time with its zone'],
    [["--range=5"], '--range got "5"; it takes a duration from 1s to 366d, such as 5m, 1h or 7d, or all.'],
    [["--range=0s"], '--range got "0s"; it takes a duration'],
    [["--range=367d"], '--range got "367d"; it takes a duration'],
    [["--verbose"], "Unknown option '--verbose'; --help lists the options."],
    [["now"], "Unexpected argument 'now'; --help lists the options."],
  ])("%j", (args, problem) => {
    const parsed = parseOptions(args, {});
    expect(parsed).toMatchObject({ kind: "wrong", problem: expect.stringContaining(problem.slice(0, -1)) as string });
    expect((parsed as { problem: string }).problem).toMatch(/^[^\n]*\.$/);
  });

  it("of KAFKA_TOPIC, too", () => {
    expect(parseOptions([], { KAFKA_TOPIC: ".." })).toMatchObject({ kind: "wrong" });
  });
});
