// A pipeline of your own is one definition: the event, its id and time, and the windows to count it in.
import { count, definePipeline, max, mean, min, sum, tumbling } from "@tidemark/pipeline/definition";
import { z } from "zod";

const text = z.string().trim().min(1).max(40);

export const orders = definePipeline({
  name: "orders",
  event: z.object({ orderNo: text, shop: text, cents: z.int().min(0), placedAt: z.iso.datetime() }),
  id: "orderNo",
  time: { field: "placedAt", unit: "iso" },
  watermark: { delay: "2m", allowedLateness: "0s", maxFutureSkew: "1m" },
  tables: { schema: "shop", partitionBy: "day" },
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
      },
    },
    { name: "orders_1h", window: tumbling("1h"), keys: [], aggregates: { orders: count(), cents_mean: mean("cents") } },
  ],
});
