import type { Aggregate, Ledger, TaskDefinition, TaskRecord, Verdict } from "../src/index.js";

// The same questions answered another way: each record looks back over all that came before it, and each table is
// made at the end from the counted events. Quadratic, nothing kept, nothing forgotten, no code of the lib.

export interface Judged<E> {
  readonly event: E | null;
  readonly verdict: Verdict;
  readonly watermarkMs: number;
}

export interface NaiveResult<E> {
  readonly judged: readonly Judged<E>[];
  readonly ledger: Ledger;
  /** Per rollup: JSON of [window start, ...keys] -> values. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

export function judgeNaively<E extends object>(
  definition: TaskDefinition<E>,
  records: readonly TaskRecord<E>[],
): NaiveResult<E> {
  const { allowedLatenessMs: lateness, watermarkDelayMs: delay, maxFutureSkewMs: skew } = definition;
  const timeOf = (event: E): number => Number(event[definition.time.field]) * (definition.time.unit === "s" ? 1000 : 1);
  const endOf = (event: E): number => {
    const size = definition.rollups[0].sizeMs;
    return startOf(timeOf(event), size) + size;
  };

  const judged: Judged<E>[] = [];
  for (const { arrivalMs, event } of records) {
    const movers = judged.filter(({ verdict }) => verdict !== "rejected" && verdict !== "quarantined");
    const watermarkMs = Math.max(...movers.map((mover) => (mover.event === null ? NaN : timeOf(mover.event)))) - delay;
    const judge = (): Verdict => {
      if (event === null) return "rejected";
      if (arrivalMs !== -1 && arrivalMs + skew < timeOf(event)) return "quarantined";
      if (endOf(event) + lateness <= watermarkMs) return "late";
      const twin = judged.some(
        (other) =>
          other.verdict === "counted" &&
          other.event !== null &&
          other.event[definition.id] === event[definition.id] &&
          endOf(other.event) + lateness > watermarkMs,
      );
      return twin ? "duplicate" : "counted";
    };
    judged.push({ event, verdict: judge(), watermarkMs });
  }

  const counted = judged.flatMap(({ event, verdict }) => (verdict === "counted" && event !== null ? [event] : []));
  const count = (wanted: Verdict): number => judged.filter(({ verdict }) => verdict === wanted).length;
  const tables = definition.rollups.map((rollup) => {
    const groups = new Map<string, E[]>();
    for (const event of counted) {
      const row = JSON.stringify([startOf(timeOf(event), rollup.sizeMs), ...rollup.keys.map((key) => event[key])]);
      groups.set(row, [...(groups.get(row) ?? []), event]);
    }
    const values = (events: readonly E[]) => Object.values(rollup.aggregates).map((one) => aggregate(one, events));
    return [rollup.name, new Map([...groups].map(([row, events]) => [row, values(events)]))] as const;
  });
  return {
    judged,
    ledger: {
      read: records.length,
      counted: count("counted"),
      duplicate: count("duplicate"),
      late: count("late"),
      quarantined: count("quarantined"),
      rejected: count("rejected"),
    },
    tables: new Map(tables),
  };
}

function startOf(timeMs: number, sizeMs: number): number {
  const into = ((timeMs % sizeMs) + sizeMs) % sizeMs;
  return timeMs - into;
}

function aggregate<E>(definition: Aggregate<E>, events: readonly E[]): number {
  if (definition.kind === "count") return events.length;
  const present = events.map((event) => event[definition.field]).filter((value) => value !== null);
  if (definition.kind === "count-present") return present.length;
  return present.reduce((sum, value) => sum + Number(value), 0);
}
