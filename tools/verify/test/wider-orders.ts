import { count, definePipeline, max, mean, sum, tumbling } from "@tidemark/pipeline/definition";
import { z } from "zod";

const text = z.string().trim().min(1).max(40);

/** The orders of examples/3-own-pipeline with a field, a rate and a rollup more, and other aggregates. */
export const orders = definePipeline({
  name: "orders",
  event: z.object({
    orderNo: text,
    shop: text,
    cents: z.int().min(0),
    placedAt: z.iso.datetime(),
    items: z.int().min(1).default(1),
  }),
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
  tables: { schema: "shop", partitionBy: "day" },
  rollups: [
    {
      name: "orders_1m",
      window: tumbling("1m"),
      keys: ["shop"],
      aggregates: { orders: count(), cents: sum("cents"), cents_mean: mean("cents"), cents_max: max("cents") },
    },
    {
      name: "orders_1h",
      window: tumbling("1h"),
      keys: [],
      aggregates: { orders: count(), per_item: mean("cents_per_item") },
    },
    { name: "orders_1d", window: tumbling("1d"), keys: ["shop"], aggregates: { orders: count() } },
  ],
});
