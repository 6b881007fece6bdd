import type { OracleAggregate, OracleRollup } from "./definition.js";
import type { OracleRow } from "./row.js";

/** One row of a rollup: a window [windowStartMs, windowStartMs + size) and a combination of keys that had a counted event. */
export interface OracleWindow {
  readonly rollup: string;
  /** Epoch ms. */
  readonly windowStartMs: number;
  /** As text, in the order of the rollup's keys. */
  readonly keys: readonly string[];
  /** In the order of the rollup's aggregates: see `valueNamesOf`. null: the least or greatest of nothing. */
  readonly values: readonly (number | null)[];
}

/** The windows of one rollup that have not been given away yet. */
export interface OpenWindows {
  /** Counts a row in its window. */
  add(row: OracleRow, timeMs: number): void;
  /** Whether the rollup's limit of keys rejects a row. */
  rejects(row: OracleRow, timeMs: number): boolean;
  /** Gives away the windows that end at or before `endMs`, by rising start, and forgets them. */
  takeEnded(endMs: number): OracleWindow[];
}

interface Growing extends OracleWindow {
  readonly values: (number | null)[];
}

/** The start of the tumbling window that holds a time, all in ms. */
export function windowStartOf(timeMs: number, sizeMs: number): number {
  return Math.floor(timeMs / sizeMs) * sizeMs;
}

/** No text of an event has a NUL in it, so no two combinations read the same. */
const joinTexts = (texts: readonly string[]) => texts.join("\0");

/** The names of a rollup's values, which are those of its columns. A mean is two: its sum, and how many it is of. */
export function valueNamesOf({ aggregates }: Pick<OracleRollup, "aggregates">): readonly string[] {
  return Object.entries(aggregates).flatMap(([name, { kind }]) =>
    kind === "mean" ? [`${name}_sum`, `${name}_count`] : [name],
  );
}

/** One value of a window: how it begins, and what a row makes of it. */
interface Value {
  readonly first: number | null;
  /** `given` is what the row has of the field. */
  readonly next: (value: number | null, given: unknown) => number | null;
  /** undefined: every row counts, whatever it has. */
  readonly field?: string;
}

export function createOpenWindows(rollup: OracleRollup): OpenWindows {
  const { name, keys, aggregates, keyLimit } = rollup;
  const { sizeMs } = rollup.window;
  const growing = Object.values(aggregates).flatMap((aggregate) => valuesOf(name, aggregate));
  const byStart = new Map<number, Map<string, Growing>>();

  const textsOf = (row: OracleRow) => keys.map((key) => String(row[key]));

  /** Whether the combinations that have rows of their own already are as many as there may be, and these texts are none of them. */
  function hasNoPlace(byKeys: ReadonlyMap<string, Growing>, texts: readonly string[]): boolean {
    if (keyLimit === undefined || byKeys.has(joinTexts(texts))) return false;
    const hasOther = keyLimit.beyond === "other" && byKeys.has(joinTexts(keys.map(() => "other")));
    return byKeys.size - (hasOther ? 1 : 0) >= keyLimit.perWindow;
  }

  function windowOf(row: OracleRow, timeMs: number): Growing {
    const windowStartMs = windowStartOf(timeMs, sizeMs);
    const byKeys = byStart.get(windowStartMs) ?? new Map<string, Growing>();
    byStart.set(windowStartMs, byKeys);
    const own = textsOf(row);
    const texts = keyLimit?.beyond === "other" && hasNoPlace(byKeys, own) ? keys.map(() => "other") : own;
    const joined = joinTexts(texts);
    const known = byKeys.get(joined);
    if (known !== undefined) return known;
    const window = { rollup: name, windowStartMs, keys: texts, values: growing.map(({ first }) => first) };
    byKeys.set(joined, window);
    return window;
  }

  return {
    add(row, timeMs) {
      const { values } = windowOf(row, timeMs);
      for (let at = 0; at < growing.length; at += 1) {
        const { next, field } = growing[at] as Value;
        values[at] = next(values[at] as number | null, field === undefined ? 1 : row[field]);
      }
    },
    rejects(row, timeMs) {
      const byKeys = byStart.get(windowStartOf(timeMs, sizeMs));
      return keyLimit?.beyond === "reject" && byKeys !== undefined && hasNoPlace(byKeys, textsOf(row));
    },
    takeEnded(endMs) {
      const ended = [...byStart].filter(([startMs]) => startMs + sizeMs <= endMs).sort(([a], [b]) => a - b);
      for (const [startMs] of ended) byStart.delete(startMs);
      return ended.flatMap(([, byKeys]) => [...byKeys.values()]);
    },
  };
}

const isThere = (given: unknown) => given !== null && given !== undefined;
const countUp = (value: number | null, given: unknown) => (value ?? 0) + (isThere(given) ? 1 : 0);

function valuesOf(rollup: string, aggregate: OracleAggregate): readonly Value[] {
  if (aggregate.kind === "count") return [{ first: 0, next: countUp }];
  const { field } = aggregate;
  const count: Value = { first: 0, next: countUp, field };
  if (aggregate.kind === "count-non-null") return [count];
  const sum: Value = { first: 0, next: adderOf(rollup, field, aggregate.of), field };
  switch (aggregate.kind) {
    case "sum":
      return [sum];
    case "mean":
      return [sum, count];
    case "min":
      return [{ first: null, next: chooserOf((given, value) => given < value), field }];
    case "max":
      return [{ first: null, next: chooserOf((given, value) => given > value), field }];
  }
}

function adderOf(rollup: string, field: string, of: "integer" | "double"): Value["next"] {
  const isExact = of === "integer";
  return (value, given) => {
    const sum = isThere(given) ? (value ?? 0) + Number(given) : value;
    if (isExact && !Number.isSafeInteger(sum)) {
      throw new RangeError(`${rollup}: the sum of ${field} is beyond 2^53, where doubles are not exact.`);
    }
    return sum;
  };
}

function chooserOf(isBetter: (given: number, value: number) => boolean): Value["next"] {
  return (value, given) => {
    if (!isThere(given)) return value;
    return value === null || isBetter(Number(given), value) ? Number(given) : value;
  };
}
