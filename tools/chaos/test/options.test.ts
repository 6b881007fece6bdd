import { describe, expect, it } from "vitest";
import { parseOptions, usage, type ChaosOptions } from "../src/options.js";

const needed = ["--seed=7", "--minutes=1.5"];

function optionsOf(args: readonly string[]): ChaosOptions {
  const parsed = parseOptions(args);
  if (parsed.kind !== "run") throw new Error(JSON.stringify(parsed));
  return parsed.options;
}

describe("options", () => {
  it("have defaults for all but seed and length", () => {
    expect(optionsOf(needed)).toEqual({
      engine: "consumer",
      seed: 7,
      minutes: 1.5,
      consumers: 4,
      rate: 1_000,
      kafka: "embedded",
      postgresBinaries: null,
      secured: false,
      compression: null,
      failoverEveryMs: null,
      speed: 1,
      retentionDays: null,
      copies: false,
      quietAfterMs: null,
      out: null,
    });
  });

  it("take Spark as the engine, and then no options of consumers", () => {
    expect(optionsOf([...needed, "--engine=spark"])).toMatchObject({ engine: "spark" });
    expect(parseOptions([...needed, "--engine=spark", "--copies"])).toEqual({
      kind: "wrong",
      problem: "--engine spark takes --seed, --minutes, --rate, --kafka, --postgres and --out alone.",
    });
  });

  it("take a real Kafka, another Postgres, and a file", () => {
    const given = ["--kafka=real", "--postgres=/usr/lib/postgresql/15/bin", "--out=chaos.json", "--consumers=2"];
    expect(optionsOf([...needed, ...given])).toMatchObject({
      kafka: "real",
      postgresBinaries: "/usr/lib/postgresql/15/bin",
      out: "chaos.json",
      consumers: 2,
    });
  });

  it("take all that a cluster of one's own may have", () => {
    const given = ["--secured", "--compression=zstd", "--failover=2", "--speed=200", "--retention-days=2"];
    expect(optionsOf([...needed, "--kafka=real", ...given])).toMatchObject({
      secured: true,
      compression: "zstd",
      failoverEveryMs: 120_000,
      speed: 200,
      retentionDays: 2,
    });
  });

  it("take copies over partitions, and partitions that become quiet", () => {
    expect(optionsOf([...needed, "--copies", "--quiet-after=1s"])).toMatchObject({ copies: true, quietAfterMs: 1_000 });
  });

  it.each([
    [[...needed, "--quiet-after=10ms"], '--quiet-after got "10ms"; it takes a duration of 1s or more, such as 10m.'],
    [[...needed, "--secured"], "--secured and --compression need --kafka real."],
    [[...needed, "--compression=lz4"], "--secured and --compression need --kafka real."],
    [["--minutes=1"], "--seed is missing; --help lists the options."],
    [["--seed=1"], "--minutes is missing; --help lists the options."],
    [["--seed=-1", "--minutes=1"], '--seed got "-1"; it takes a whole number from 0 to 9007199254740991.'],
    [["--seed=x", "--minutes=1"], '--seed got "x"; it takes a whole number from 0 to 9007199254740991.'],
    [["--seed=1", "--minutes=0.1"], '--minutes got "0.1"; it takes minutes from 0.5 to 1440, such as 1.5.'],
    [["--seed=1", "--minutes=soon"], '--minutes got "soon"; it takes minutes from 0.5 to 1440, such as 1.5.'],
    [[...needed, "--consumers=5"], '--consumers got "5"; it takes a whole number from 1 to 4.'],
    [[...needed, "--consumers=0"], '--consumers got "0"; it takes a whole number from 1 to 4.'],
    [[...needed, "--rate=0"], '--rate got "0"; it takes a whole number from 10 to 20000.'],
    [[...needed, "--kafka=fake"], '--kafka got "fake"; it takes embedded or real.'],
    [
      [...needed, "--postgres="],
      '--postgres got ""; it takes embedded, or a directory with initdb and postgres in it.',
    ],
    [[...needed, "--nope"], "Unknown option '--nope'; --help lists the options."],
    [[...needed, "more"], "Unexpected argument 'more'; --help lists the options."],
  ])("answer %j with one sentence", (args, sentence) => {
    expect(parseOptions(args)).toEqual({ kind: "wrong", problem: sentence });
  });

  it("print a usage that fits a terminal", () => {
    expect(parseOptions(["--help"])).toEqual({ kind: "help" });
    expect(Math.max(...usage.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
