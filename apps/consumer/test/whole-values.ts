import { count, definePipeline, tumbling } from "@tidemark/pipeline/definition";
import { z } from "zod";

/** Keeps rejected values whole. */
export const whole = definePipeline({
  name: "whole",
  event: z.object({ at: z.int() }),
  time: { field: "at", unit: "ms" },
  watermark: { delay: "1m" },
  rollups: [{ name: "whole_1m", window: tumbling("1m"), keys: [], aggregates: { events: count() } }],
  tables: { rejectedValues: "whole" },
});
