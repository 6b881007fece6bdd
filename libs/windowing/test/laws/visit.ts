import { type Aggregate, custom } from "../../src/index.js";

/** The event of these tests. */
export interface Visit {
  readonly id: string;
  readonly at: number;
  readonly city: string;
  readonly platform: string;
  readonly sales: number;
  readonly rate: number | null;
}

/** The ids of a row's visits, in whatever order they were merged. It changes what it gets, as it may. */
const visitors = custom<Visit>()({
  create: (): string[] => [],
  add: (ids, { id }) => {
    ids.push(String(id));
    return ids;
  },
  merge: (left, right) => {
    left.push(...right);
    return left;
  },
  result: (ids) => ids.toSorted().join(" "),
});

/** One of each kind. */
export const aggregates = {
  events: { kind: "count" },
  sales: { kind: "sum", field: "sales", of: "integer" },
  sales_mean: { kind: "mean", field: "sales", of: "integer" },
  rate_sum: { kind: "sum", field: "rate", of: "double" },
  rate_count: { kind: "count-non-null", field: "rate" },
  rate_least: { kind: "min", field: "rate" },
  rate_most: { kind: "max", field: "rate" },
  rate_mean: { kind: "mean", field: "rate", of: "double" },
  visitors,
} as const satisfies Record<string, Aggregate<Visit>>;

/** A visit at a time; its id is the time, unless one is given. */
export function visit(at: number, fields: Partial<Visit> = {}): Visit {
  return { id: `at ${at}`, at, city: "Bogor", platform: "X", sales: 1, rate: 0.5, ...fields };
}
