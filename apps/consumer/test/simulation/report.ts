import type { Outcome } from "./schedule.js";

/** What happened, what was broken, and how to see it again. */
export function describeOutcome({ seed, violation, trace }: Outcome, bugName?: string): string {
  const bug = bugName === undefined ? "" : ` TIDEMARK_SIMULATION_BUG="${bugName}"`;
  return [
    `schedule ${seed}:`,
    ...trace.map((line, step) => `  ${String(step).padStart(4)}  ${line}`),
    violation === undefined ? "nothing was broken" : `broken: ${violation}`,
    `again: TIDEMARK_SIMULATION_SEED=${seed}${bug} npx vitest run --root apps/consumer --config ../../vitest.config.ts simulation -t "keeps its tables"`,
  ].join("\n");
}

/** Adds up what came to pass in many schedules. */
export function addCounts(total: Map<string, number>, { counts }: Outcome): void {
  for (const [name, count] of Object.entries(counts)) total.set(name, (total.get(name) ?? 0) + count);
}
