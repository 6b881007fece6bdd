import { describe, expect, it } from "vitest";
import { plantedBugs, type PlantedBug } from "./planted-bugs.js";
import { addCounts, describeOutcome } from "./report.js";
import { runSchedule, type Outcome } from "./schedule.js";
import type { ScheduleOptions } from "./world.js";

const givenSeed = process.env["TIDEMARK_SIMULATION_SEED"];
const givenBug = process.env["TIDEMARK_SIMULATION_BUG"];
const schedules = Number(process.env["TIDEMARK_SIMULATION_SCHEDULES"] ?? 500);
const seeds = givenSeed === undefined ? Array.from({ length: schedules }, (_, seed) => seed) : [Number(givenSeed)];
/** As many as CI runs: a bug must show itself in them. */
const mostSchedules = 10_000;
const timeout = 1_800_000;
const bugs = Object.entries<PlantedBug>(plantedBugs);

/** What must come to pass in every fiftieth schedule at least, or little is tried. */
const wanted = (
  "starts,kills,stops,sleeps,time-outs,wakings,rebalances,outages,retentions,lost requests,lost answers,divided checkpoints," +
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

function findBug(name: string): PlantedBug {
  const bug = bugs.find(([known]) => known === name)?.[1];
  if (bug === undefined) throw new Error(`There is no planted bug "${name}".`);
  return bug;
}

describe("the shell under a seeded scheduler", () => {
  it(
    `keeps its tables what the log makes of them, whatever happens, in ${seeds.length} schedules`,
    { timeout },
    async () => {
      const options = givenBug === undefined ? {} : { bug: findBug(givenBug) };
      const total = new Map<string, number>();
      for (const seed of seeds) {
        const outcome = await runSchedule(seed, options);
        if (outcome.violation !== undefined) throw new Error(describeOutcome(outcome, givenBug));
        if (givenSeed !== undefined) say(describeOutcome(outcome));
        addCounts(total, outcome);
      }
      say(`in ${seeds.length} schedules: ${[...total].map(([name, count]) => `${name} ${count}`).join(", ")}`);
      const seldom = wanted.filter((name) => (total.get(name) ?? 0) < Math.floor(seeds.length / 50));
      expect(seldom).toEqual([]);
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
    "the processor kept after a lost claim",
    "windows and ids kept after a lost claim",
  ] as const)("finds %s by the tables alone, when all is over", { timeout }, async (name) => {
    const outcome = await firstBroken({ bug: plantedBugs[name], atEndOnly: true });
    expect(outcome, `${name}: not found in ${mostSchedules} schedules`).toBeDefined();
    say(`${name}, at the end: schedule ${(outcome?.seed ?? 0) + 1} breaks it, ${outcome?.violation}`);
  });
});
