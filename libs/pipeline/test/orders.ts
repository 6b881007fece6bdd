import { z } from "zod";
import { count, definePipeline, max, mean, min, sum, tumbling } from "../src/definition/index.js";

const text = z.string().trim().min(1).max(40);

export const orderSchema = z.object({
  orderNo: text,
  shop: text,
  cents: z.int().min(0).max(1_000_000),
  items: z.int().min(0).max(100),
  discount: z.number().nullable(),
  placedAt: z.iso.datetime(),
});

export type Order = z.output<typeof orderSchema>;

/** The part of a definition that tests change one value of. */
export const definition = {
  name: "orders",
  event: orderSchema,
  id: "orderNo",
  time: { field: "placedAt", unit: "iso" },
  rates: [
    {
      name: "cents_per_item",
      title: "Cents per item",
      numerator: "cents",
      denominator: "items",
      scale: 1,
      unit: "cents",
    },
  ],
  watermark: { delay: "2m", allowedLateness: "0s", maxFutureSkew: "1m" },
  rollups: [
    {
      name: "orders_1m",
      window: tumbling("1m"),
      keys: ["shop"],
      aggregates: {
        orders: count(),
        cents: sum("cents"),
        cents_mean: mean("cents"),
        cents_min: min("cents"),
        cents_max: max("cents"),
        discount: sum("discount"),
      },
    },
    {
      name: "orders_1h",
      window: tumbling("1h"),
      keys: ["shop"],
      aggregates: { orders: count(), cents_per_item: mean("cents_per_item") },
    },
  ],
  tables: { schema: "shop", partitionBy: "day" },
} as const;

export const orders = definePipeline(definition);
