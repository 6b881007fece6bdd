import { bigint, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

const place = {
  topic: text("topic").notNull(),
  partition: integer("partition").notNull(),
  window_start: timestamp("window_start", { withTimezone: true }).notNull(),
};

/** A rollup of orders by shop. */
export const orders1m = pgTable("orders_1m", {
  ...place,
  shop: text("shop").notNull(),
  cents: bigint("cents", { mode: "number" }).notNull(),
});

const verdictTable = (name: string) =>
  pgTable(name, {
    ...place,
    verdict: text("verdict").notNull(),
    detail: text("detail").notNull(),
    records: bigint("records", { mode: "number" }).notNull(),
  });

export const ordersVerdicts1m = verdictTable("orders_verdicts_1m");
export const ordersVerdicts1h = verdictTable("orders_verdicts_1h");
