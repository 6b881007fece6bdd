import { expect, it } from "vitest";
import { describeOutcome } from "./report.js";
import { runSchedule } from "./schedule.js";

const scale = { partitions: 100, members: 10, faultSteps: 6_000, faultChance: 0.02 };

it(
  `keeps the tables of ${scale.partitions} partitions what the log makes of them, while ${scale.members} members come and go`,
  { timeout: 1_800_000 },
  async () => {
    const outcome = await runSchedule(1, { scale, atEndOnly: true });
    if (outcome.violation !== undefined)
      throw new Error(describeOutcome({ ...outcome, trace: outcome.trace.slice(-50) }));
    const counts = Object.entries(outcome.counts).map(([name, count]) => `${name} ${count}`);
    process.stdout.write(
      `${scale.partitions} partitions, ${scale.members} members: equal after ${outcome.trace.length} steps: ${counts.join(", ")}\n`,
    );
    expect(outcome.counts["rebalances"]).toBeGreaterThan(5);
    expect(outcome.counts["claimed"]).toBeGreaterThan(3 * scale.partitions);
  },
);
