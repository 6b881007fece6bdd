import {
  bigint,
  char,
  integer,
  numeric,
  pgEnum,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  varchar,
} from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { migrate } from "../../src/index.js";
import { deriveTables } from "../../src/tables/index.js";
import { orders } from "../orders.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

const mood = pgEnum("mood", ["good", "bad"]);
const mine = pgTable(
  "mine",
  {
    topic: text("topic"),
    partition: integer("partition"),
    offset: bigint("offset", { mode: "number" }).notNull(),
    amount: numeric("amount", { precision: 10, scale: 2 }),
    whole: numeric("whole", { precision: 4 }),
    at: timestamp("at", { withTimezone: true, precision: 3 }).notNull(),
    local: timestamp("local"),
    code: char("code", { length: 3 }),
    label: varchar("label", { length: 10 }).array(),
    mood: mood("mood"),
    number: serial("number"),
    note: text("note"),
  },
  (table) => [primaryKey({ columns: [table.topic, table.partition] })],
);
const fitting = `topic text, partition int, "offset" bigint NOT NULL, amount numeric(10,2), whole numeric(4), at timestamptz(3) NOT NULL,
  local timestamp, code char(3), label varchar(10)[], mood mood, number serial, note text, made timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition)`;

const data = {
  ...orders,
  tables: { ...orders.tables, raw: "mine", own: ["raw"] as const, partitionBy: "none" as const },
};
const pipeline = { data, tables: deriveTables(data, { raw: mine }) };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function migrateWith(columns: string): Promise<string> {
  const url = await server.createDatabase();
  await server.query(url, `CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE mine (${columns})`);
  await migrate(pipeline, url);
  return url;
}

it("a table of the user's own is taken as it is, and left alone", async () => {
  const url = await migrateWith(fitting);
  expect(await server.query(url, "SELECT FROM tidemark.tables WHERE table_name = 'mine'")).toEqual([]);
});

it.each([
  ["that is not there", "amount numeric(10,2), ", "", ["The column amount of the table public.mine does not exist."]],
  ["of another type", "note text", "note int", ["The column note of the table public.mine is integer, not text."]],
  [
    "of another precision",
    "numeric(10,2)",
    "numeric(10,3)",
    ["The column amount of the table public.mine is numeric(10,3), not numeric(10, 2)."],
  ],
  ["that takes no null", "note text", "note text NOT NULL", ["The column note of the table public.mine takes no null"]],
  [
    "that needs a value",
    "note text",
    "note text, owner text NOT NULL",
    ["The column owner of the table public.mine needs a value"],
  ],
  ["and another", "local timestamp, code char(3)", "local date, code char(2)", ["local of", "code of"]],
])("a column %s is refused by its name", async (_which, column, instead, parts) => {
  const refused = migrateWith(fitting.replace(column, instead));
  await expect(refused).rejects.toMatchObject({ code: "refused-table" });
  for (const part of parts) await expect(refused).rejects.toThrow(part);
});

it("a table that is not there is refused", async () => {
  const url = await server.createDatabase();
  await expect(migrate(pipeline, url)).rejects.toThrow("There is no table public.mine");
});
