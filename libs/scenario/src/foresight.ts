import type { BaseScenario } from "./base-scenario.js";

const SECOND_MS = 1000;

/** What is sure to become of an event, by the times of the pipeline that the scenario is made for. */
export interface Foresight {
  /** How far Ts may lie before the arrival, in whole seconds, so that the event is not late in any partition. */
  readonly safeDelaySeconds: number;
  /** The youngest Ts that must be late once an event of this Ts was seen in the partition. May be negative. */
  newestLateTs(seenTs: number): number;
  /** The oldest Ts that is quarantined in a record of this timestamp. */
  oldestFutureTs(timestampMs: number): number;
}

const defaults = {
  watermarkDelaySeconds: 300,
  allowedLatenessSeconds: 0,
  maxFutureSkewSeconds: 60,
  windowSeconds: 5,
};

/** The pipeline that a scenario is made for. */
export function pipelineOf({ pipeline = defaults }: Pick<BaseScenario, "pipeline">): typeof defaults {
  return pipeline;
}

/**
 * No event that counts has a Ts after its arrival, but those of the fault `ahead`, and `future` ones that are replayed when
 * their time has nearly come; so the watermark is at most arrival + largest lead - delay, and a window ends after every Ts
 * that it holds.
 */
export function createForesight(scenario: Pick<BaseScenario, "pipeline" | "faults">): Foresight {
  const { watermarkDelaySeconds, allowedLatenessSeconds, maxFutureSkewSeconds, windowSeconds } = pipelineOf(scenario);
  const { ahead, future, replays } = scenario.faults ?? {};
  const isFutureReplayed = future !== undefined && replays !== undefined;
  const lead = isFutureReplayed ? maxFutureSkewSeconds : (ahead?.aheadSeconds[1] ?? 0);
  return {
    safeDelaySeconds: watermarkDelaySeconds + allowedLatenessSeconds - lead,
    newestLateTs(seenTs) {
      const latestEnd = seenTs - watermarkDelaySeconds - allowedLatenessSeconds;
      return Math.floor(latestEnd / windowSeconds) * windowSeconds - 1;
    },
    oldestFutureTs: (timestampMs) => Math.floor(timestampMs / SECOND_MS) + maxFutureSkewSeconds + 1,
  };
}
