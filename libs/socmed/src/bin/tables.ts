import type { OracleMeasure, OracleRollup } from "@tidemark/scenario/oracle";

/** The tables of the answers, in the order in which they get their names: `checkpoints` is last, so it tells completeness. */
export const tableNames = [
  "socmed_user_sales",
  "socmed_late",
  "socmed_rejected",
  "socmed_5s",
  "socmed_1m",
  "socmed_1h",
  "checkpoints",
] as const;

export type TableName = (typeof tableNames)[number];

const keys = ["Kota", "Sosial_Media"] as const;

// As the sink's tables have them: the names are those of the columns.
const aggregates = {
  events: { kind: "count" },
  usage_count: { kind: "sum", field: "Usage_Count", of: "integer" },
  sales: { kind: "sum", field: "Sales", of: "integer" },
  visitors: { kind: "sum", field: "Visitors", of: "integer" },
  page_visitors: { kind: "sum", field: "PageVisitors", of: "integer" },
  conversion: { kind: "sum", field: "Conversion", of: "integer" },
  conversion_rate_sum: { kind: "sum", field: "conversion_rate", of: "double" },
  conversion_rate_count: { kind: "count-non-null", field: "conversion_rate" },
  bounce_rate_sum: { kind: "sum", field: "bounce_rate", of: "double" },
  bounce_rate_count: { kind: "count-non-null", field: "bounce_rate" },
} as const satisfies Readonly<Record<string, OracleMeasure>>;

/** The names of a rollup's aggregates, in the order of an `OracleWindow`'s values. */
export const aggregateColumns = Object.keys(aggregates);

/** The base window first: it judges lateness and the life of an id. */
export const rollups = [
  { name: "socmed_5s", sizeMs: 5_000, keys, aggregates },
  { name: "socmed_1m", sizeMs: 60_000, keys, aggregates },
  { name: "socmed_1h", sizeMs: 3_600_000, keys, aggregates },
] as const satisfies readonly OracleRollup[];
