import type { SinkPipeline } from "../src/index.js";
import { deriveTables, type PipelineData } from "../src/tables/index.js";

const name = { kind: "text", trim: true, minLength: 1, maxLength: 100 } as const;
const counter = { kind: "integer", min: 0, max: 2_147_483_647 } as const;
const required = { nullable: false, optional: false } as const;

const aggregates = {
  orders: { kind: "count" },
  cents: { kind: "sum", field: "cents", of: "integer" },
  cents_min: { kind: "min", field: "cents", of: "integer" },
  cents_max: { kind: "max", field: "cents", of: "integer" },
  price: { kind: "mean", field: "price", of: "double" },
  noted: { kind: "count-non-null", field: "note" },
} as const;

const rollup = (rollupName: string, sizeMs: number) =>
  ({ name: rollupName, window: { kind: "tumbling", sizeMs }, keys: ["shop", "channel"], aggregates }) as const;

/** Orders of some shops: fields of the common kinds, a rate, three sizes of windows. */
export const orders: PipelineData = {
  version: 1,
  name: "orders",
  decoder: "json",
  fields: [
    { name: "orderId", type: { kind: "uuid" }, ...required },
    { name: "shop", type: name, ...required },
    { name: "channel", type: { kind: "integer", min: 0, max: 100 }, ...required },
    { name: "cents", type: counter, ...required },
    { name: "items", type: counter, ...required },
    { name: "note", type: name, nullable: true, optional: true },
    { name: "placedAt", type: { kind: "time", unit: "s", min: 0, max: 253_402_300_799 }, ...required },
  ],
  id: "orderId",
  time: { field: "placedAt", unit: "s" },
  rates: [{ name: "price", title: "Price", numerator: "cents", denominator: "items", scale: 1, unit: "cents" }],
  watermarkDelayMs: 300_000,
  allowedLatenessMs: 0,
  maxFutureSkewMs: 60_000,
  rollups: [rollup("orders_5s", 5_000), rollup("orders_1m", 60_000), rollup("orders_1h", 3_600_000)],
  tables: {
    schema: "public",
    raw: "orders",
    late: "orders_late",
    rejected: "orders_rejected",
    rejectedValues: "start",
    verdicts: [
      { name: "orders_verdicts_1m", sizeMs: 60_000 },
      { name: "orders_verdicts_1h", sizeMs: 3_600_000 },
    ],
    partitionBy: "day",
    onConflict: "refuse",
    columns: {
      orderId: { name: "order_id", type: "uuid", nullable: false },
      shop: { name: "shop", type: "text", nullable: false },
      channel: { name: "channel", type: "integer", nullable: false },
      cents: { name: "cents", type: "integer", nullable: false },
      items: { name: "items", type: "integer", nullable: false },
      note: { name: "note", type: "text", nullable: true },
      placedAt: { name: "placed_at", type: "timestamp with time zone", nullable: false },
      price: { name: "price", type: "double precision", nullable: true },
    },
    own: [],
  },
};

export const orderTables = deriveTables(orders);

/** The pipeline, or another that differs from it in this. */
export function orderPipeline(changes: Partial<PipelineData> = {}) {
  const data = { ...orders, ...changes };
  return { data, tables: deriveTables(data) } satisfies SinkPipeline;
}
