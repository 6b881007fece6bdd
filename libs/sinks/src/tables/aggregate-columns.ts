import type { AggregateData } from "./pipeline-data.js";

/** A column of a rollup's table that holds a number of each window. */
export interface AggregateColumn {
  /** Also the Drizzle property. */
  readonly name: string;
  readonly type: "bigint" | "double precision";
  /** Null where no event of the window has a value. */
  readonly nullable: boolean;
  /** The SQL aggregate that puts the columns of several partitions together. */
  readonly combine: "sum" | "min" | "max";
}

/** The columns of a rollup's aggregates, in their order. A mean takes two: its sum, then its count. */
export function aggregateColumns(aggregates: Readonly<Record<string, AggregateData>>): readonly AggregateColumn[] {
  return Object.entries(aggregates).flatMap(([name, aggregate]) => columnsOf(name, aggregate));
}

function columnsOf(name: string, aggregate: AggregateData): readonly AggregateColumn[] {
  const count = { type: "bigint", nullable: false, combine: "sum" } as const;
  if (aggregate.kind === "count" || aggregate.kind === "count-non-null") return [{ name, ...count }];
  const type = aggregate.of === "integer" ? "bigint" : "double precision";
  switch (aggregate.kind) {
    case "sum":
      return [{ name, type, nullable: false, combine: "sum" }];
    case "mean":
      return [
        { name: `${name}_sum`, type, nullable: false, combine: "sum" },
        { name: `${name}_count`, ...count },
      ];
    case "min":
    case "max":
      return [{ name, type, nullable: true, combine: aggregate.kind }];
  }
}
