import type { ColumnData, PipelineData } from "@tidemark/sinks/tables";
import { socmedRates } from "./rates.js";

const text = { kind: "text", trim: true, minLength: 1, maxLength: 100 } as const;
const counter = { kind: "integer", min: 0, max: 2_147_483_647 } as const;

function field<Name extends string, Type>(name: Name, type: Type) {
  return { name, type, nullable: false, optional: false } as const;
}

function column(name: string, type: string, nullable = false): ColumnData {
  return { name, type, nullable };
}

const keys = ["Kota", "Sosial_Media"] as const;

const aggregates = {
  events: { kind: "count" },
  usage_count: { kind: "sum", field: "Usage_Count", of: "integer" },
  sales: { kind: "sum", field: "Sales", of: "integer" },
  visitors: { kind: "sum", field: "Visitors", of: "integer" },
  page_visitors: { kind: "sum", field: "PageVisitors", of: "integer" },
  conversion: { kind: "sum", field: "Conversion", of: "integer" },
  conversion_rate: { kind: "mean", field: "conversion_rate", of: "double" },
  bounce_rate: { kind: "mean", field: "bounce_rate", of: "double" },
} as const;

function rollup<Name extends string>(name: Name, sizeMs: number) {
  return { name, window: { kind: "tumbling", sizeMs }, keys, aggregates } as const;
}

/** The flagship's definition as data. */
export const socmedData = {
  version: 1,
  name: "socmed",
  decoder: "json",
  fields: [
    field("ID", { kind: "uuid" }),
    field("Kota", text),
    field("Sosial_Media", text),
    field("Usage_Count", counter),
    field("Sales", counter),
    field("Visitors", counter),
    field("PageVisitors", counter),
    field("Conversion", counter),
    field("Ts", { kind: "time", unit: "s", min: 0, max: 253_402_300_799 }),
  ],
  id: "ID",
  time: { field: "Ts", unit: "s" },
  rates: socmedRates,
  watermarkDelayMs: 300_000,
  allowedLatenessMs: 0,
  maxFutureSkewMs: 60_000,
  rollups: [rollup("socmed_5s", 5_000), rollup("socmed_1m", 60_000), rollup("socmed_1h", 3_600_000)],
  tables: {
    schema: "public",
    raw: "socmed_user_sales",
    late: "socmed_late",
    rejected: "socmed_rejected",
    verdicts: [
      { name: "socmed_verdicts_1m", sizeMs: 60_000 },
      { name: "socmed_verdicts_1h", sizeMs: 3_600_000 },
    ],
    partitionBy: "day",
    onConflict: "refuse",
    columns: {
      ID: column("id", "uuid"),
      Kota: column("kota", "text"),
      Sosial_Media: column("sosial_media", "text"),
      Usage_Count: column("usage_count", "integer"),
      Sales: column("sales", "integer"),
      Visitors: column("visitors", "integer"),
      PageVisitors: column("page_visitors", "integer"),
      Conversion: column("conversion", "integer"),
      Ts: column("ts", "timestamp with time zone"),
      conversion_rate: column("conversion_rate", "double precision", true),
      bounce_rate: column("bounce_rate", "double precision", true),
    },
    own: [],
  },
} as const satisfies PipelineData;
