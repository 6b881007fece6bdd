import {
  bigint,
  char,
  customType,
  date,
  integer,
  json,
  jsonb,
  numeric,
  pgEnum,
  pgTable,
  real,
  text,
  timestamp,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";

export const size = pgEnum("size", ["small", "médium", "large"]);
/** A type that has no writer. */
export const money = customType<{ data: string }>({ dataType: () => "money" });
/** A column of each type beside the common ones. */
export const items = pgTable("items", {
  at: integer("at").notNull(),
  price: numeric("price", { precision: 10, scale: 2 }),
  exact: numeric("exact"),
  hundreds: numeric("hundreds", { precision: 3, scale: -2 }),
  tiny: numeric("tiny", { precision: 2, scale: 4 }),
  document: jsonb("document"),
  plain: json("plain"),
  day: date("day"),
  ratio: real("ratio"),
  size: size("size"),
  huge: bigint("huge", { mode: "bigint" }),
  code: char("code", { length: 3 }),
  label: varchar("label", { length: 4 }),
  seen: timestamp("seen", { withTimezone: true }),
  wall: timestamp("wall"),
  millis: timestamp("millis", { precision: 3, withTimezone: true }),
  seconds: timestamp("seconds", { precision: 0 }),
  words: text("words").array(),
  prices: numeric("prices", { precision: 6, scale: 2 }).array(),
  ids: uuid("ids").array(),
  days: date("days").array(),
  documents: jsonb("documents").array(),
  times: timestamp("times", { withTimezone: true }).array(),
  labels: varchar("labels", { length: 4 }).array(),
  numbers: bigint("numbers", { mode: "bigint" }).array(),
});
