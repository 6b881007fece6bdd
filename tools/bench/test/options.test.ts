import { describe, expect, it } from "vitest";
import { parseOptions, type BenchOptions } from "../src/options.js";

function optionsOf(args: readonly string[]): BenchOptions {
  const parsed = parseOptions(args);
  if (parsed.kind !== "run") throw new Error(JSON.stringify(parsed));
  return parsed.options;
}

describe("parseOptions", () => {
  it("measures the throughput where nothing else is asked for", () => {
    expect(optionsOf([])).toMatchObject({
      benchmark: "throughput",
      events: 2_000_000,
      rounds: 3,
      rows: 10_000_000,
      servers: "embedded",
      consumers: 1,
      shape: undefined,
      peers: ["python", "spark", "spark-tuned"],
      out: "dist/bench/throughput.json",
    });
  });

  it("has as many events of a shape as it takes, and a file for each", () => {
    expect(optionsOf(["throughput", "--shape=dirty", "--peers=python"])).toMatchObject({
      shape: "dirty",
      peers: ["python"],
      events: 1_000_000,
      out: "dist/bench/shape-dirty.json",
    });
    expect(optionsOf(["--shape=deck", "--peers=none"])).toMatchObject({ shape: "deck", peers: [], events: 2_000_000 });
  });

  it("has as many events of each shape as it takes, where all are asked for and no number is", () => {
    const all = optionsOf(["--shape=all"]);
    expect(all).toMatchObject({ shape: "all", out: "dist/bench/shape-all.json" });
    expect([all.eventsOf("deck"), all.eventsOf("small-batches")]).toEqual([2_000_000, 400_000]);
    const few = optionsOf(["--shape=all", "--events=5"]);
    expect([few.eventsOf("deck"), few.eventsOf("small-batches")]).toEqual([5, 5]);
  });

  it("has sizes and a file of each benchmark's own", () => {
    expect(optionsOf(["scenario"])).toMatchObject({ events: 500_000, out: "dist/bench/scenario.json" });
    expect(optionsOf(["verify", "--events=5", "--rounds", "2", "--out=x.json"])).toMatchObject({
      benchmark: "verify",
      events: 5,
      rounds: 2,
      out: "x.json",
    });
  });

  it.each([
    [
      ["speed"],
      'benchmark got "speed"; it takes throughput, stages, checkpoints, ids, live, growth, scenario, verify, panels.',
    ],
    [["scenario", "verify"], '"verify" is one argument too many; --help lists the options.'],
    [["--peers=python,flink"], '--peers got "python,flink"; it takes none, or a list of python, spark, spark-tuned.'],
    [["live", "--shape=deck"], "--shape goes with throughput."],
    [["--events=0"], '--events got "0"; it takes an integer from 1 to 100000000.'],
    [["--rows=0"], '--rows got "0"; it takes an integer from 1 to 100000000.'],
    [["--rounds=many"], '--rounds got "many"; it takes an integer from 1 to 100.'],
    [["--servers=mine"], '--servers got "mine"; it takes embedded or real.'],
    [["--consumers=9"], '--consumers got "9"; it takes an integer from 1 to 8.'],
    [["--out="], '--out got ""; it takes a file name.'],
    [["--round=1"], "Unknown option '--round'; --help lists the options."],
  ])("refuses %j", (args, problem) => {
    expect(parseOptions(args)).toEqual({ kind: "wrong", problem });
  });
});
