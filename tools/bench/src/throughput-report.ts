import type { ConsumerFigures } from "./consumer-run.js";
import { median, medianOfKnown } from "./median.js";
import { decimals, row, whole } from "./table.js";

/** What one round of the whole path took. */
export interface ThroughputRound extends ConsumerFigures {
  readonly bareCopyRowsPerSecond: number;
  /** eventsPerSecond / bareCopyRowsPerSecond, of the same round. */
  readonly ratio: number;
  /** Not empty: the figures are void. */
  readonly faults: readonly string[];
}

const widths = [10, 10, 9, 9, 9, 11, 11, 10, 12, 7] as const;

/** CPU in seconds per million events. */
export const header = row(widths, [
  "",
  "events/s",
  "seconds",
  "whole s",
  "peak MB",
  "CPU s/M",
  "PG CPU s/M",
  "WAL B/ev",
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
    decimals(round.postgresCpuSecondsPerMillion, 2),
    round.walBytesPerEvent.toFixed(0),
    whole(round.bareCopyRowsPerSecond),
    round.ratio.toFixed(3),
  ]);
}

/** Each figure's own median over the rounds. Throws RangeError without any. */
export function medianOf(rounds: readonly ThroughputRound[]): ThroughputRound {
  return {
    ...medianFigures(rounds),
    bareCopyRowsPerSecond: median(rounds.map((round) => round.bareCopyRowsPerSecond)),
    ratio: median(rounds.map((round) => round.ratio)),
    faults: rounds.flatMap((round) => round.faults),
  };
}

/** As above, for runs with nothing to compare to. */
export function medianFigures(rounds: readonly ConsumerFigures[]): ConsumerFigures {
  const of = (figure: (round: ConsumerFigures) => number) => median(rounds.map(figure));
  const ofKnown = (figure: (round: ConsumerFigures) => number | undefined) => medianOfKnown(rounds.map(figure));
  return {
    eventsPerSecond: of((round) => round.eventsPerSecond),
    seconds: of((round) => round.seconds),
    wholeSeconds: of((round) => round.wholeSeconds),
    peakMegabytes: ofKnown((round) => round.peakMegabytes),
    cpuSecondsPerMillion: ofKnown((round) => round.cpuSecondsPerMillion),
    postgresCpuSecondsPerMillion: ofKnown((round) => round.postgresCpuSecondsPerMillion),
    walBytesPerEvent: of((round) => round.walBytesPerEvent),
  };
}
