import type { View } from "@tidemark/panels";
import { gaplessStarts, startOfPoint, valueOf, widthOfPoints, type AnswerRow, type Answers } from "./answer.js";
import { DoubleSum } from "./double-sum.js";
import type { ObservationRow } from "./table-rows.js";

const grainMs = 30_000;
const recentMs = 60_000;

/** What was observed of one partition within a point. */
class PartitionSums {
  records = 0n;
  readonly seconds = new DoubleSum();
  mostLag = 0n;
}

/** What was observed within a point. */
class Point {
  readonly partitions = new Map<number, PartitionSums>();
  readonly checkpointMs = new DoubleSum();
  checkpoints = 0n;
  longestMs = 0;
}

/** Adds up the observations of a view, which come in the order of their times, and says what each panel has to show of them. */
export class ObservationAnswers {
  readonly #view: View;
  readonly #pointMs: number;
  readonly #points = new Map<number, Point>();
  readonly #lastLag = new Map<number, bigint>();

  constructor(view: View) {
    this.#view = view;
    this.#pointMs = widthOfPoints(grainMs, view.intervalMs);
  }

  take(row: ObservationRow): void {
    const { fromMs, toMs } = this.#view;
    const { atMs, partition, lag } = row;
    if (toMs - recentMs < atMs && atMs <= toMs) this.#lastLag.set(partition, lag);
    if (atMs < fromMs || atMs > toMs) return;
    const point = valueOf(this.#points, startOfPoint(atMs, this.#pointMs), () => new Point());
    const sums = valueOf(point.partitions, partition, () => new PartitionSums());
    sums.records += row.records;
    sums.seconds.add(row.seconds);
    if (lag > sums.mostLag) sums.mostLag = lag;
    if (row.checkpoints === 0n) return;
    point.checkpoints += row.checkpoints;
    point.checkpointMs.add(row.checkpointMsSum);
    point.longestMs = Math.max(point.longestMs, row.checkpointMsMax);
  }

  answers(): Answers {
    const points = this.#gapless(this.#points);
    const withCheckpoints = this.#gapless(new Map([...this.#points].filter(([, { checkpoints }]) => checkpoints > 0n)));
    return {
      "rows-per-second": points.map(([time, point]) => ({ time, metric: "records", rate: rateOf(point) })),
      "lag-now": this.#lastLag.size === 0 ? [] : [{ lag: Number(sumOf(this.#lastLag.values())) }],
      "lag-over-time": points.map(([time, { partitions }]) => ({
        time,
        metric: "lag",
        lag: partitions.size === 0 ? null : Number(sumOf([...partitions.values()].map(({ mostLag }) => mostLag))),
      })),
      "checkpoint-time": withCheckpoints.flatMap(([time, point]) => durationsOf(time, point)),
    };
  }

  /** Those points and, between the first and the last of them, one without observations for each that is missing. */
  #gapless(points: ReadonlyMap<number, Point>): (readonly [number, Point])[] {
    const starts = gaplessStarts(points.keys(), this.#pointMs);
    return starts.map((time) => [time, points.get(time) ?? new Point()] as const);
  }
}

function sumOf(values: Iterable<bigint>): bigint {
  let sum = 0n;
  for (const value of values) sum += value;
  return sum;
}

/** Per second and over all partitions; a partition that was observed for no time has none. */
function rateOf({ partitions }: Point): number | null {
  const observed = [...partitions.values()].filter(({ seconds }) => seconds.value !== 0);
  if (observed.length === 0) return null;
  const rate = new DoubleSum();
  for (const { records, seconds } of observed) rate.add(Number(records) / seconds.value);
  return rate.value;
}

function durationsOf(time: number, { checkpoints, checkpointMs, longestMs }: Point): AnswerRow[] {
  const isGap = checkpoints === 0n;
  return [
    { time, metric: "longest", duration: isGap ? null : longestMs },
    { time, metric: "mean", duration: isGap ? null : checkpointMs.value / Number(checkpoints) },
  ];
}
