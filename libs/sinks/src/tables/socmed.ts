import {
  bigint,
  customType,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";

/** timestamptz that reads and writes as whole epoch seconds, as the event's Ts does. */
const epochSeconds = customType<{ data: number; driverData: string }>({
  dataType: () => "timestamp with time zone",
  toDriver: (seconds) => new Date(seconds * 1000).toISOString(),
  fromDriver: (value) => new Date(value).getTime() / 1000,
});

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });

const position = {
  topic: text("topic").notNull(),
  partition: integer("partition").notNull(),
  offset: bigint("offset", { mode: "number" }).notNull(),
};

const event = {
  ID: uuid("id").notNull(),
  Kota: text("kota").notNull(),
  Sosial_Media: text("sosial_media").notNull(),
  Usage_Count: integer("usage_count").notNull(),
  Sales: integer("sales").notNull(),
  Visitors: integer("visitors").notNull(),
  PageVisitors: integer("page_visitors").notNull(),
  Conversion: integer("conversion").notNull(),
  Ts: epochSeconds("ts").notNull(),
  /** Percent; null where Visitors is 0. */
  conversion_rate: doublePrecision("conversion_rate"),
  bounce_rate: doublePrecision("bounce_rate"),
  ...position,
};

/** Every counted event, its rates, and where it came from. Partitioned by the UTC day of ts (migration 0000). */
export const socmedUserSales = pgTable("socmed_user_sales", event, (table) => [
  index("socmed_user_sales_ts").using("brin", table.Ts),
]);

/** Valid events that no window took. */
export const socmedLate = pgTable("socmed_late", {
  ...event,
  /** The partition watermark that stood when the event came. */
  watermark: timestamp("watermark", { withTimezone: true }).notNull(),
  missed_by_ms: bigint("missed_by_ms", { mode: "number" }).notNull(),
});

/** Bytes that are no event, and events from too far in the future (reason `future`). */
export const socmedRejected = pgTable("socmed_rejected", {
  ...position,
  bytes: bytea("bytes"),
  reason: text("reason").notNull(),
  field: text("field"),
  expected: text("expected").notNull(),
  received: text("received").notNull(),
  watermark: timestamp("watermark", { withTimezone: true }),
});

/** A window, its keys and its measures: of the rollups, and of the views that sum them up. */
export function rollupColumns() {
  return {
    window_start: timestamp("window_start", { withTimezone: true }).notNull(),
    Kota: text("kota").notNull(),
    Sosial_Media: text("sosial_media").notNull(),
    events: bigint("events", { mode: "number" }).notNull(),
    usage_count: bigint("usage_count", { mode: "number" }).notNull(),
    sales: bigint("sales", { mode: "number" }).notNull(),
    visitors: bigint("visitors", { mode: "number" }).notNull(),
    page_visitors: bigint("page_visitors", { mode: "number" }).notNull(),
    conversion: bigint("conversion", { mode: "number" }).notNull(),
    conversion_rate_sum: doublePrecision("conversion_rate_sum").notNull(),
    conversion_rate_count: bigint("conversion_rate_count", { mode: "number" }).notNull(),
    bounce_rate_sum: doublePrecision("bounce_rate_sum").notNull(),
    bounce_rate_count: bigint("bounce_rate_count", { mode: "number" }).notNull(),
  };
}

function rollupTable<Name extends string>(name: Name) {
  return pgTable(
    name,
    {
      topic: text("topic").notNull(),
      partition: integer("partition").notNull(),
      ...rollupColumns(),
    },
    (table) => [
      primaryKey({ columns: [table.topic, table.partition, table.window_start, table.Kota, table.Sosial_Media] }),
      index(`${name}_window_start`).on(table.window_start),
    ],
  );
}

/** Absolute figures of each 5 s window, per partition. */
export const socmed5s = rollupTable("socmed_5s");
/** Absolute figures of each 1 min window, per partition. */
export const socmed1m = rollupTable("socmed_1m");
/** Absolute figures of each hour, per partition. */
export const socmed1h = rollupTable("socmed_1h");
