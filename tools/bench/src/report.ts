import type { ThroughputRound } from "./throughput.js";

const widths = [10, 12, 10, 10, 10, 14, 14, 8] as const;
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index] ?? 0)))
    .join(" ");
}

export const header = row(["", "events/s", "seconds", "whole s", "peak MB", "CPU s/million", "COPY rows/s", "ratio"]);

const shown = (figure: number | undefined, digits: number) => figure?.toFixed(digits) ?? "-";

export function formatRound(name: string, round: ThroughputRound): string {
  return row([
    name,
    whole.format(round.eventsPerSecond),
    round.seconds.toFixed(2),
    round.wholeSeconds.toFixed(2),
    shown(round.peakMegabytes, 0),
    shown(round.cpuSecondsPerMillion, 2),
    whole.format(round.bareCopyRowsPerSecond),
    round.ratio.toFixed(3),
  ]);
}

/** Each figure's own median over the rounds. Throws RangeError without any. */
export function medianOf(rounds: readonly ThroughputRound[]): ThroughputRound {
  const of = (figure: (round: ThroughputRound) => number) => median(rounds.map(figure));
  const known = (figure: (round: ThroughputRound) => number | undefined) => {
    const figures = rounds.map(figure).filter((value) => value !== undefined);
    return figures.length === 0 ? undefined : median(figures);
  };
  return {
    eventsPerSecond: of((round) => round.eventsPerSecond),
    seconds: of((round) => round.seconds),
    wholeSeconds: of((round) => round.wholeSeconds),
    peakMegabytes: known((round) => round.peakMegabytes),
    cpuSecondsPerMillion: known((round) => round.cpuSecondsPerMillion),
    bareCopyRowsPerSecond: of((round) => round.bareCopyRowsPerSecond),
    ratio: of((round) => round.ratio),
    faults: rounds.flatMap((round) => round.faults),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("No rounds were measured.");
  return (upper + lower) / 2;
}
