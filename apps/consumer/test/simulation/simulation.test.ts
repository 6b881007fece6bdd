import { describe, expect, it } from "vitest";
import { plantedBugs, type PlantedBug } from "./planted-bugs.js";
import { addCounts, describeOutcome } from "./report.js";
import { runSchedule, type Outcome } from "./schedule.js";
import type { ScheduleOptions } from "./world.js";

const givenSeed = process.env["TIDEMARK_SIMULATION_SEED"];
const givenBug = process.env["TIDEMARK_SIMULATION_BUG"];
const schedules = Number(process.env["TIDEMARK_SIMULATION_SCHEDULES"] ?? 500);
/** As many as CI runs: a bug must show itself in them. */
const mostSchedules = 10_000;
const timeout = 1_800_000;
const bugs = Object.entries<PlantedBug>(plantedBugs);

/** What must come to pass in every fiftieth schedule at least, or little is tried. */
const wanted = (
  "starts,kills,stops,sleeps,time-outs,wakings,rebalances,outages,retentions,lost requests,lost answers," +
  "claimed,fenced,revoked,gap,paused,resumed,abandoned"
).split(",");

async function firstBroken(options: ScheduleOptions): Promise<Outcome | undefined> {
  for (let seed = 0; seed < mostSchedules; seed += 1) {
    const outcome = await runSchedule(seed, options);
    if (outcome.violation !== undefined) return outcome;
  }
  return undefined;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

describe.runIf(givenSeed !== undefined)("one schedule", () => {
  it("is run and shown", async () => {
    const bug = bugs.find(([name]) => name === givenBug)?.[1];
    if (givenBug !== undefined && bug === undefined) throw new Error(`There is no planted bug "${givenBug}".`);
    const outcome = await runSchedule(Number(givenSeed), bug === undefined ? {} : { bug });
    say(describeOutcome(outcome, givenBug));
    expect(outcome.violation).toBeUndefined();
  });
});

describe.runIf(givenSeed === undefined)("the shell under a seeded scheduler", () => {
  it(
    `keeps its tables what the log makes of them, in ${schedules} schedules with all faults`,
    { timeout },
    async () => {
      const total = new Map<string, number>();
      for (let seed = 0; seed < schedules; seed += 1) {
        const outcome = await runSchedule(seed);
        if (outcome.violation !== undefined) throw new Error(describeOutcome(outcome));
        addCounts(total, outcome);
      }
      say(`in ${schedules} schedules: ${[...total].map(([name, count]) => `${name} ${count}`).join(", ")}`);
      expect(wanted.filter((name) => (total.get(name) ?? 0) < schedules / 50)).toEqual([]);
    },
  );

  it("repeats a schedule from its seed, step by step", async () => {
    const outcomes = [await runSchedule(7), await runSchedule(8), await runSchedule(7)];
    expect(outcomes[2]).toEqual(outcomes[0]);
    expect(outcomes[1]?.trace).not.toEqual(outcomes[0]?.trace);
  });

  it.each(bugs)("finds %s", { timeout }, async (name, bug) => {
    const outcome = await firstBroken({ bug });
    expect(outcome, `${name}: not found in ${mostSchedules} schedules`).toBeDefined();
    say(`${name}: schedule ${(outcome?.seed ?? 0) + 1} breaks it, ${outcome?.violation}`);
  });

  it.each([
    "no fence",
    "no expected offset",
    "the offset before the data",
    "the fold kept after a lost claim",
    "windows and ids kept after a lost claim",
  ] as const)("finds %s by the tables alone, when all is over", { timeout }, async (name) => {
    const outcome = await firstBroken({ bug: plantedBugs[name], atEndOnly: true });
    expect(outcome, `${name}: not found in ${mostSchedules} schedules`).toBeDefined();
    say(`${name}, at the end: schedule ${(outcome?.seed ?? 0) + 1} breaks it, ${outcome?.violation}`);
  });
});
