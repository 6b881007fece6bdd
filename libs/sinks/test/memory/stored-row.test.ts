import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  boolean,
  customType,
  date,
  doublePrecision,
  integer,
  pgTable,
  smallint,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import fc from "fast-check";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCopyEncoder } from "../../src/index.js";
import { createRowTarget } from "../../src/memory/memory-rows.js";
import { createSelect } from "../../src/memory/stored-row.js";
import { withConnection } from "../../src/postgres/connection.js";
import { fly } from "../../src/postgres/flight.js";
import { items } from "../copy/items.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });
const common = pgTable("common", {
  at: integer("at").notNull(),
  small: smallint("small"),
  large: bigint("large", { mode: "number" }),
  double: doublePrecision("double"),
  yes: boolean("yes"),
  words: text("words"),
  raw: bytea("raw"),
  day: date("day", { mode: "date" }),
  wall: timestamp("wall", { mode: "string" }),
  seen: timestamp("seen", { mode: "string", withTimezone: true }),
  note: text("note").default("none"),
  id: bigserial("id", { mode: "number" }),
  twice: integer("twice").generatedAlwaysAs(sql`2 * at`),
});

let server: TestServer;
let url: string;
let client: Sql;
beforeAll(async () => {
  server = await startTestServer();
  url = await server.createDatabase();
  client = postgres(url, { max: 1, onnotice: () => undefined });
  await client.unsafe(
    `CREATE TYPE size AS ENUM ('small', 'médium', 'large');
     CREATE TABLE items (at int NOT NULL, price numeric(10, 2), exact numeric, hundreds numeric(3, -2), tiny numeric(2, 4),
       document jsonb, plain json, day date, ratio real, size size, huge int8, code char(3), label varchar(4),
       seen timestamptz, wall timestamp, millis timestamptz(3), seconds timestamp(0), words text[], prices numeric(6, 2)[],
       ids uuid[], days date[], documents jsonb[], times timestamptz[], labels varchar(4)[], numbers int8[]);
     CREATE TABLE common (at int NOT NULL, small int2, large int8, double float8, yes bool, words text, raw bytea, day date,
       wall timestamp, seen timestamptz, note text DEFAULT 'none', id bigserial,
       twice int GENERATED ALWAYS AS (2 * at) STORED)`,
  );
});
afterAll(async () => {
  await client.end();
  await server.close();
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const decimal = (most: number, scale: number) =>
  fc.integer({ min: -most, max: most }).map((value) => (value / 10 ** scale).toFixed(scale));
const letters = (maxLength: number) => fc.string({ unit: fc.constantFrom("a", "é", "😀", "\\", '"', ","), maxLength });
const day = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((time) => time.toISOString().slice(0, 10));
const isoTime = fc
  .tuple(day, fc.integer({ min: 0, max: 999_999_999 }), fc.constantFrom("Z", "+07:30", "-15:59"))
  .filter(([on]) => on > "1840" && on < "2100")
  .map(([on, fraction, zone]) => `${on}T23:05:59.${String(fraction).padStart(9, "0")}${zone}`);
// No text alone and no null in an array: Drizzle reads the one as JSON once more, and the other as "NULL".
const document = fc.jsonValue().filter((value) => typeof value !== "string" && !JSON.stringify(value).includes("\\u"));

const item = fc.record({
  price: maybe(decimal(999_999_999, 2)),
  exact: maybe(fc.oneof(decimal(999_999_999, 5), fc.bigInt(), fc.double({ noDefaultInfinity: true, noNaN: true }))),
  hundreds: maybe(fc.integer({ min: -999, max: 999 }).map((value) => value * 100)),
  tiny: maybe(decimal(99, 4)),
  document: maybe(document),
  plain: maybe(document),
  day: maybe(day),
  // Eighths of this size often lie halfway between two numbers of as many digits as a real is shown with.
  ratio: maybe(
    fc.oneof(
      fc.float({ noDefaultInfinity: true }),
      fc.integer({ min: -(2 ** 24), max: 2 ** 24 }).map((n) => n / 8),
    ),
  ),
  size: maybe(fc.constantFrom("small", "médium", "large")),
  huge: maybe(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  code: maybe(letters(1)),
  label: maybe(letters(2)),
  seen: maybe(isoTime),
  wall: maybe(isoTime),
  millis: maybe(isoTime),
  seconds: maybe(isoTime),
  words: maybe(fc.array(letters(5))),
  prices: maybe(fc.array(decimal(9_999, 2))),
  ids: maybe(fc.array(fc.uuid())),
  days: maybe(fc.array(day)),
  times: maybe(fc.array(isoTime)),
  labels: maybe(fc.array(letters(2))),
  numbers: maybe(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))),
});
const plain = fc.record({
  small: maybe(fc.integer({ min: -32_768, max: 32_767 })),
  large: maybe(fc.maxSafeInteger()),
  double: maybe(fc.double()),
  yes: maybe(fc.boolean()),
  words: maybe(letters(50)),
  raw: maybe(fc.uint8Array()),
  day: maybe(day),
  wall: maybe(isoTime),
  seen: maybe(isoTime),
});

it.each<readonly [string, typeof items | typeof common, fc.Arbitrary<object>]>([
  ["items", items, item],
  ["common", common, plain],
])("memory gives the rows of the table %s as Drizzle selects them from Postgres", async (_, table, row) => {
  const properties = ["at", ...Object.keys(fc.sample(row, 1)[0] ?? {})];
  const target = createRowTarget(table, { properties });
  const select = createSelect(table);
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 50 }), async (values) => {
      const rows = values.map((value, at) => ({ ...value, at }));
      await write(table, rows, properties);
      const selected = await drizzle(client).select().from(table).orderBy(table.at);
      // Of a sequence and of an expression memory knows nothing.
      const held = target.store(rows, {}).map((stored) => select(stored));
      expect(held.map(known)).toStrictEqual(selected.map(known));
    }),
    { numRuns: 40, interruptAfterTimeLimit: 20_000 },
  );
});

function known(row: object): object {
  const { id: _id, twice: _twice, ...rest } = row as Record<string, unknown>;
  return rest["raw"] instanceof Uint8Array ? { ...rest, raw: Uint8Array.from(rest["raw"]) } : rest;
}

async function write(table: typeof items | typeof common, rows: readonly object[], properties: readonly string[]) {
  const encoder = createCopyEncoder(table, { properties });
  const stream = encoder.open();
  stream.append(rows);
  await withConnection(url, async (connection) => {
    const copy = { text: encoder.statement, copied: stream.end() };
    await fly(connection, [{ text: `TRUNCATE ${table === items ? "items" : "common"}` }, copy]);
  });
}
