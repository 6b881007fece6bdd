import { type TaskDefinition, tumbling } from "../src/index.js";
import type { Visit } from "./laws/visit.js";

export type { Visit };

const aggregates = {
  events: { kind: "count" },
  sales: { kind: "sum", field: "sales", of: "integer" },
  rate_sum: { kind: "sum", field: "rate", of: "double" },
  rate_count: { kind: "count-non-null", field: "rate" },
} as const;

/** Windows of 10 ms and 30 ms by city, watermark 20 ms behind, 5 ms of lateness and of skew. */
export const definition: TaskDefinition<Visit> = {
  id: "id",
  time: { field: "at", unit: "ms" },
  watermarkDelayMs: 20,
  allowedLatenessMs: 5,
  maxFutureSkewMs: 5,
  rollups: [
    { name: "small", window: tumbling(10), keys: ["city"], aggregates },
    { name: "large", window: tumbling(30), keys: ["city"], aggregates },
  ],
};

let made = 0;

/** A visit with an id of its own, unless one is given. */
export function visit(at: number, fields: Partial<Visit> = {}): Visit {
  made++;
  return { id: `visit-${made}`, at, city: "Bogor", platform: "X", sales: 1, rate: 0.5, ...fields };
}
