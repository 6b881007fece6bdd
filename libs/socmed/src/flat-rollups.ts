const keys = ["Kota", "Sosial_Media"] as const;

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
} as const;

/** The flagship's rollups with one aggregate for each column of their tables. */
export const socmedRollups = [
  { name: "socmed_5s", sizeMs: 5_000, keys, aggregates },
  { name: "socmed_1m", sizeMs: 60_000, keys, aggregates },
  { name: "socmed_1h", sizeMs: 3_600_000, keys, aggregates },
] as const;
