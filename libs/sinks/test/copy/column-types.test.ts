import { sql } from "drizzle-orm";
import { bigserial, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import fc from "fast-check";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCopyEncoder, type CopyEncoderOptions } from "../../src/index.js";
import { createPool, defaultLimits, inTransaction } from "../../src/postgres/connection.js";
import { fly } from "../../src/postgres/flight.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { items, money } from "./items.js";

let server: TestServer;
let pool: Pool;
beforeAll(async () => {
  server = await startTestServer();
  pool = createPool(await server.createDatabase(), 1);
  await pool.query(
    `CREATE TYPE size AS ENUM ('small', 'médium', 'large');
     CREATE TABLE items (at int NOT NULL, price numeric(10, 2), exact numeric, hundreds numeric(3, -2), tiny numeric(2, 4),
       document jsonb, plain json, day date, ratio real, size size, huge int8, code char(3), label varchar(4),
       seen timestamptz, wall timestamp, millis timestamptz(3), seconds timestamp(0), words text[], prices numeric(6, 2)[],
       ids uuid[], days date[], documents jsonb[], times timestamptz[], labels varchar(4)[], numbers int8[]);
     ALTER DATABASE test_1 SET timezone = 'UTC'`,
  );
  await pool.query("SET timezone = 'UTC'");
});
afterAll(async () => {
  await pool.end();
  await server.close();
});

/** The texts that Postgres gives of one column, after the values are written as rows. */
async function writtenAs(
  property: keyof typeof items.$inferSelect,
  values: readonly unknown[],
  options: CopyEncoderOptions = {},
): Promise<unknown[]> {
  const encoder = createCopyEncoder(items, options);
  const stream = encoder.open();
  stream.append(values.map((value, at) => ({ at, [property]: value })));
  await pool.query("TRUNCATE items");
  await inTransaction(pool, defaultLimits, (client) =>
    fly(client, [{ text: encoder.statement, copied: stream.end() }]),
  );
  const { rows } = await pool.query<{ value: unknown }>(`SELECT ${property}::text AS value FROM items ORDER BY at`);
  return rows.map(({ value }) => value);
}

describe("what is written is read back equal by value:", () => {
  it.each([
    [
      "price",
      ["99999999.99", "-99999999.99", "0", "-0.00", 0.01, 19.99, 7n, "1e3", "+.5", "5.", "0000012.3400", 1e-2],
      [
        "99999999.99",
        "-99999999.99",
        "0.00",
        "0.00",
        "0.01",
        "19.99",
        "7.00",
        "1000.00",
        "0.50",
        "5.00",
        "12.34",
        "0.01",
      ],
    ],
    [
      "exact",
      ["12.50", "0.000", "1e-5", 1e21, 123_456_789_012_345_678_901n, "0.00010000", "10000", "100000001"],
      [
        "12.50",
        "0.000",
        "0.00001",
        "1000000000000000000000",
        "123456789012345678901",
        "0.00010000",
        "10000",
        "100000001",
      ],
    ],
    ["hundreds", ["99900", -100, 0], ["99900", "-100", "0"]],
    ["tiny", ["0.0099", "-0.0001"], ["0.0099", "-0.0001"]],
    [
      "document",
      [{ a: [1, null, "é😀"], b: { c: true } }, "text", 0, false, [], "a\\u0000b", "\\"],
      [
        '{"a": [1, null, "é😀"], "b": {"c": true}}',
        '"text"',
        "0",
        "false",
        "[]",
        String.raw`"a\\u0000b"`,
        String.raw`"\\"`,
      ],
    ],
    ["plain", [{ b: 1, a: [1] }], ['{"b":1,"a":[1]}']],
    [
      "day",
      ["0001-01-01", "9999-12-31", "1999-12-31", "2000-01-01", "2024-02-29", new Date("1969-12-31T23:59:59.999Z")],
      ["0001-01-01", "9999-12-31", "1999-12-31", "2000-01-01", "2024-02-29", "1969-12-31"],
    ],
    [
      "ratio",
      [0.1, -0, 3.4028234663852886e38, 1.401298464324817e-45, Number.NaN, -Infinity],
      ["0.1", "-0", "3.4028235e+38", "1e-45", "NaN", "-Infinity"],
    ],
    ["size", ["small", "médium", null], ["small", "médium", null]],
    [
      "huge",
      [2n ** 63n - 1n, -(2n ** 63n), 9_007_199_254_740_993n, 5],
      ["9223372036854775807", "-9223372036854775808", "9007199254740993", "5"],
    ],
    ["code", ["abc", "é😀x", "a"], ["abc", "é😀x", "a"]],
    ["label", ["", "abcd", "😀😀😀😀"], ["", "abcd", "😀😀😀😀"]],
    [
      "seen",
      [
        0,
        new Date(8_640_000_000_000_000),
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "2024-02-29T23:59:59.123456789+07:30",
        "1969-12-31T23:59:59.000001Z",
        "2024-02-03T17:00:00.5-15:59",
      ],
      [
        "1970-01-01 00:00:00+00",
        "275760-09-13 00:00:00+00",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
        "2024-02-29 16:29:59.123456+00",
        "1969-12-31 23:59:59.000001+00",
        "2024-02-04 08:59:00.5+00",
      ],
    ],
    ["wall", ["2024-02-03T17:00:00.25+07:00", 1], ["2024-02-03 10:00:00.25", "1970-01-01 00:00:00.001"]],
    ["millis", ["2024-02-03T23:59:59.9999Z", -1], ["2024-02-03 23:59:59.999+00", "1969-12-31 23:59:59.999+00"]],
    ["seconds", ["2024-02-03T23:59:59.9999Z", -1], ["2024-02-03 23:59:59", "1969-12-31 23:59:59"]],
    [
      "words",
      [["a", null, 'b"c,\\', ""], [], [null], ["x".repeat(200)]],
      [String.raw`{a,NULL,"b\"c,\\",""}`, "{}", "{NULL}", `{${"x".repeat(200)}}`],
    ],
    ["prices", [["1.5", 2, null, 9999.99]], ["{1.50,2.00,NULL,9999.99}"]],
    ["ids", [["3D131CDC-0000-4000-8000-000000000001"]], ["{3d131cdc-0000-4000-8000-000000000001}"]],
    ["days", [["2024-02-29", null]], ["{2024-02-29,NULL}"]],
    ["documents", [[{ a: 1 }, null, [2]]], [String.raw`{"{\"a\": 1}",NULL,[2]}`]],
    ["times", [[0, "2024-02-03T17:00:00Z"]], ['{"1970-01-01 00:00:00+00","2024-02-03 17:00:00+00"}']],
    ["labels", [["abcd", null]], ["{abcd,NULL}"]],
    ["numbers", [[2n ** 63n - 1n, -1n, 0]], ["{9223372036854775807,-1,0}"]],
  ] as const)("%s", async (property, values, texts) => {
    expect(await writtenAs(property, values)).toEqual(texts);
  });

  it("any decimal, to its last digit", async () => {
    const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 40 });
    const decimal = fc
      .tuple(fc.constantFrom("", "-"), digits, fc.option(digits))
      .map(([sign, whole, fraction]) => `${sign}${whole}${fraction === null ? "" : `.${fraction}`}`);
    await fc.assert(
      fc.asyncProperty(fc.array(decimal, { minLength: 1, maxLength: 100 }), async (values) => {
        const read = await pool.query<{ value: string }>(
          "SELECT value::numeric::text AS value FROM unnest($1::text[]) WITH ORDINALITY AS given(value, at) ORDER BY at",
          [values],
        );
        expect(await writtenAs("exact", values)).toEqual(read.rows.map(({ value }) => value));
      }),
      { numRuns: 20, interruptAfterTimeLimit: 20_000 },
    );
  });

  it("any microsecond, by its number and by its text", async () => {
    const micros = fc
      .integer({ min: -62_135_596_800_000_000, max: Number.MAX_SAFE_INTEGER })
      .filter(Number.isSafeInteger);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(micros, fc.maxSafeInteger()), { minLength: 1, maxLength: 100 }),
        async (values) => {
          const options = { timeUnits: { seen: "us" } } as const;
          const read = await writtenAs("seen", values, options);
          expect(await writtenAs("seen", values.map(textOfMicros), options)).toEqual(read);
          const { rows } = await pool.query<{ micros: string }>(
            "SELECT (extract(epoch FROM seen) * 1000000)::int8::text AS micros FROM items ORDER BY at",
          );
          expect(rows.map((row) => row.micros)).toEqual(values.map(String));
        },
      ),
      { numRuns: 20, interruptAfterTimeLimit: 20_000 },
    );
  });

  it.each([
    ["s", 1.5, "1970-01-01 00:00:01.5+00"],
    ["ms", 1500, "1970-01-01 00:00:01.5+00"],
    ["us", 1_500_001, "1970-01-01 00:00:01.500001+00"],
    ["iso", "1970-01-01T00:00:01.500001Z", "1970-01-01 00:00:01.500001+00"],
  ] as const)("a time in %s", async (unit, value, expected) => {
    expect(await writtenAs("seen", [value], { timeUnits: { seen: unit } })).toEqual([expected]);
  });
});

function textOfMicros(micros: number): string {
  const ms = Math.floor(micros / 1000);
  return new Date(ms).toISOString().replace("Z", `${String(micros - ms * 1000).padStart(3, "0")}Z`);
}

it("leaves to Postgres the columns that rows do not bring", async () => {
  await pool.query(
    `CREATE TABLE wares (id bigserial, name text NOT NULL, made timestamptz NOT NULL DEFAULT now(), note text,
       number int GENERATED ALWAYS AS IDENTITY, length int GENERATED ALWAYS AS (length(name)) STORED)`,
  );
  const wares = pgTable("wares", {
    id: bigserial("id", { mode: "number" }),
    name: text("name").notNull(),
    made: timestamp("made", { withTimezone: true }).notNull().defaultNow(),
    note: text("note"),
    number: integer("number").generatedAlwaysAsIdentity(),
    length: integer("length").generatedAlwaysAs(sql`length(name)`),
    price: money("price").default("0"),
  });
  const encoder = createCopyEncoder(wares, { properties: ["name", "length"] });
  expect(encoder.statement).toBe('COPY "public"."wares" ("name") FROM STDIN WITH (FORMAT binary)');
  const stream = encoder.open();
  stream.append([{ name: "one" }, { name: "two" }]);
  await inTransaction(pool, defaultLimits, (client) =>
    fly(client, [{ text: encoder.statement, copied: stream.end() }]),
  );
  const { rows } = await pool.query(
    "SELECT id, name, made > '2000-01-01' AS made, number, length FROM wares ORDER BY id",
  );
  expect(rows).toEqual([
    { id: 1, name: "one", made: true, number: 1, length: 3 },
    { id: 2, name: "two", made: true, number: 2, length: 3 },
  ]);
});
