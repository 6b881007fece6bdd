import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { presets } from "../../src/scenario/index.js";
import { parseOptions } from "../../src/bin/options.js";
import { createWorkplace, run } from "./program.js";

const workplace = createWorkplace();

const wrong: readonly (readonly [string, RegExp])[] = [
  ["--sed=1", /^Unknown option '--sed'; --help lists the options\.$/],
  ["deck", /^Unexpected argument 'deck'/],
  ["--seed=x", /^--seed takes a whole number from 0 to 9007199254740991; got "x"\.$/],
  ["--seed=-1", /^--seed takes/],
  ["--events=0", /^--events takes a whole number from 1 on; got "0"\.$/],
  ["--events=1e3", /^--events takes/],
  ["--start=noon", /^--start takes a time with its zone/],
  ["--start=2024-02-03T17:00:00", /^--start takes a time with its zone/],
  ["--start-index=-1", /^--start-index takes/],
  ["--rate=max", /^--rate takes events per second/],
  ["--partitions=0", /^--partitions takes a whole number from 1 to 10000; got "0"\.$/],
  ["--format=csv", /^--format takes values or records; got "csv"\.$/],
  ["--out=", /^--out takes a file; got ""\.$/],
  ["--answers=", /^--answers takes a directory; got ""\.$/],
  ["--labels", /^--labels needs --format=records/],
  ["--watermark-delay=5m", /^--watermark-delay needs --answers/],
  ["--answers=x --watermark-delay=5", /^--watermark-delay takes a duration of at most 366d, .*; got "5"\.$/],
  ["--answers=x --allowed-lateness=367d", /^--allowed-lateness takes a duration/],
  ["--start-index=9007199254740991", /^--start-index and --events add up to more than 9007199254740991\.$/],
];

/** What only a look at the scenario tells. */
const wrongTogether: readonly (readonly [string, RegExp])[] = [
  [
    "--scenario=day --start-index=864000",
    /^--start-index=864000 lies behind the 864000 events that the scenario day has\.$/,
  ],
  ["--start=9999-12-31T23:59:59Z", /^Event 9999 would arrive after the year 9999, by this start and rate\.$/],
  [
    "--scenario=nosuch",
    /^--scenario takes deck, default, day, .* or a JSON file; got "nosuch", but there is no such file that can be read\.$/,
  ],
  ["--scenario=BROKEN", /^--scenario takes .* but that file is not JSON\.$/],
  ["--scenario=MISSPELT", /^The scenario in ".*misspelt\.json" is not one: Unrecognized key: "rates"\.$/],
  ["--scenario=SILENT", /^The scenario in ".*" is not one: Nothing is left to report 0 s after the start: /],
];

describe("the options", () => {
  it.each(wrong)("%s is told to be wrong in one sentence", (args, problem) => {
    expect(parseOptions(args.split(" "))).toEqual({ kind: "wrong", problem: expect.stringMatching(problem) as string });
  });

  it("are read", () => {
    const args =
      "--scenario=dirty --seed=2 --events=3 --start=2024-02-03T18:00:00+01:00 --start-index=4 --rate=0.5 --partitions=6 --out=o --gzip --format=records --labels --answers=a --watermark-delay=250ms --allowed-lateness=1h --max-future-skew=2d";
    expect(parseOptions(args.split(" "))).toEqual({
      kind: "run",
      options: {
        scenario: "dirty",
        seed: 2,
        events: 3,
        startMs: Date.UTC(2024, 1, 3, 17),
        startIndex: 4,
        rate: 0.5,
        partitions: 6,
        out: "o",
        gzip: true,
        format: "records",
        labels: true,
        answers: "a",
        watermarkDelayMs: 250,
        allowedLatenessMs: 3_600_000,
        maxFutureSkewMs: 172_800_000,
      },
    });
  });
});

describe("the program", () => {
  it.concurrent.each([...wrong.slice(0, 3), ...wrongTogether])(
    "ends with exit code 2 and one line for %s",
    async (args, problem) => {
      const file = (name: string, text: string) => {
        const path = join(workplace, name);
        writeFileSync(path, text);
        return path;
      };
      const outages = [{ fromSeconds: 0, forSeconds: 10 }];
      const given = args
        .replace("BROKEN", file("broken.json", "{"))
        .replace("MISSPELT", file("misspelt.json", JSON.stringify({ ...presets.deck, rates: 5 })))
        .replace("SILENT", file("silent.json", JSON.stringify({ ...presets.deck, outages })));
      const { exitCode, stdout, stderr } = await run(...given.split(" "));
      expect([exitCode, stdout.length]).toEqual([2, 0]);
      expect(stderr.trimEnd()).toMatch(problem);
      expect(stderr.trimEnd()).not.toContain("\n");
    },
  );

  it.each(["--help", "-h"])("prints its options for %s", async (flag) => {
    const { exitCode, stdout, stderr } = await run(flag);
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const name of Object.keys(presets)) expect(stdout.toString()).toContain(name);
    expect(stdout.toString()).toContain("--watermark-delay D");
    expect(
      Math.max(
        ...stdout
          .toString()
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(120);
  });
});
