import { median, medianOfKnown } from "./median.js";
import { decimals, row, whole } from "./table.js";
import type { ThroughputRound } from "./throughput-round.js";

const widths = [10, 12, 10, 10, 10, 14, 14, 8] as const;

export const header = row(widths, [
  "",
  "events/s",
  "seconds",
  "whole s",
  "peak MB",
  "CPU s/million",
  "COPY rows/s",
  "ratio",
]);

export function formatRound(name: string, round: ThroughputRound): string {
  return row(widths, [
    name,
    whole(round.eventsPerSecond),
    round.seconds.toFixed(2),
    round.wholeSeconds.toFixed(2),
    decimals(round.peakMegabytes, 0),
    decimals(round.cpuSecondsPerMillion, 2),
    whole(round.bareCopyRowsPerSecond),
    round.ratio.toFixed(3),
  ]);
}

/** Each figure's own median over the rounds. Throws RangeError without any. */
export function medianOf(rounds: readonly ThroughputRound[]): ThroughputRound {
  const of = (figure: (round: ThroughputRound) => number) => median(rounds.map(figure));
  return {
    eventsPerSecond: of((round) => round.eventsPerSecond),
    seconds: of((round) => round.seconds),
    wholeSeconds: of((round) => round.wholeSeconds),
    peakMegabytes: medianOfKnown(rounds.map((round) => round.peakMegabytes)),
    cpuSecondsPerMillion: medianOfKnown(rounds.map((round) => round.cpuSecondsPerMillion)),
    bareCopyRowsPerSecond: of((round) => round.bareCopyRowsPerSecond),
    ratio: of((round) => round.ratio),
    faults: rounds.flatMap((round) => round.faults),
  };
}
