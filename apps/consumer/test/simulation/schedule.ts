import { Violation } from "./invariants.js";
import { World, type ScheduleOptions } from "./world.js";

/** What became of one schedule. */
export interface Outcome {
  readonly seed: number;
  /** What was broken, or undefined. */
  readonly violation: string | undefined;
  /** What happened, a line a step. */
  readonly trace: readonly string[];
  /** How often each fault came, and each event of the sources. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Runs one schedule from its seed. */
export async function runSchedule(seed: number, options: ScheduleOptions = {}): Promise<Outcome> {
  const world = new World(seed, options);
  const { scheduler, counts } = world;
  let violation: string | undefined;
  scheduler.time.install();
  try {
    await world.run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message;
  } finally {
    scheduler.time.owner = undefined;
    scheduler.time.uninstall();
  }
  return { seed, violation, trace: scheduler.trace, counts };
}
