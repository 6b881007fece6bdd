import fc from "fast-check";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { numbersAs, texts, textsAs, timesAs, type ArrayParameter } from "../../src/postgres/array-parameter.js";
import { createPool } from "../../src/postgres/connection.js";
import { timestampRange } from "../../src/tables/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
let pool: Pool;
beforeAll(async () => {
  server = await startTestServer();
  pool = createPool(await server.createDatabase(), 1);
  await pool.query("CREATE TYPE colour AS ENUM ('red', 'green')");
});
afterAll(async () => {
  await pool.end();
  await server.close();
});

/** What Postgres makes of the array: `expression` of each element, in order. */
async function readBack<Value>(
  parameter: ArrayParameter<Value>,
  items: readonly Value[],
  expression: string,
): Promise<unknown[]> {
  const { rows } = await pool.query<{ value: unknown }>(
    `SELECT ${expression} AS value FROM unnest(${parameter.toSql("$1")}) WITH ORDINALITY AS item(value, at) ORDER BY at`,
    [parameter.encode(items, (item) => item)],
  );
  return rows.map(({ value }) => value);
}

function bitsOf(number: number): string | null {
  if (Number.isNaN(number)) return null;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes.toString("hex");
}

describe("an array as a parameter is read by Postgres as what it was made of:", () => {
  it("texts, whatever they hold", async () => {
    const odd = fc.constantFrom("", "NULL", "null", "a,b", "{}", '"', "\\", '\\"', " x ", "\n\t", "é", "Bogor");
    const text = fc
      .string({ unit: "binary" })
      .filter((words) => !words.includes("\0") && !/\p{Surrogate}/u.test(words));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(odd, text)), async (items) => {
        expect(await readBack(texts, items, "value")).toEqual(items);
      }),
    );
  });

  it("doubles, to the last bit, and NaN as null", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double()), async (items) => {
        const read = await readBack(numbersAs("double precision"), items, "encode(float8send(value), 'hex')");
        expect(read).toEqual(items.map(bitsOf));
      }),
    );
  });

  it("integers up to 2^53, and NaN as null", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.maxSafeInteger(), fc.constant(Number.NaN))), async (items) => {
        const texted = items.map((item) => (Number.isNaN(item) ? null : String(item)));
        for (const type of ["bigint", "numeric"])
          expect(await readBack(numbersAs(type), items, "value::text")).toEqual(texted);
      }),
    );
  });

  it("times, from one end of timestamptz to that of Date", async () => {
    const { earliestMs, latestMs } = timestampRange;
    const recent = fc.integer({ min: Date.parse("1900-01-01"), max: Date.parse("9999-12-31") });
    const ends = fc.constantFrom(-Infinity, earliestMs, Date.parse("0000-12-31T23:59:59.999Z"), latestMs);
    const ms = fc.oneof(recent, ends, fc.integer({ min: earliestMs, max: latestMs }));
    await fc.assert(
      fc.asyncProperty(fc.array(ms), async (items) => {
        for (const type of ["timestamp with time zone", "timestamp", "timestamp (3) with time zone"]) {
          const epochMs = "trim_scale(extract(epoch FROM value) * 1000)::text";
          expect(await readBack(timesAs(type), items, epochMs)).toEqual(items.map(String));
        }
      }),
    );
  });

  it.each([
    ["integer", ["-7", "0", "2147483647"]],
    ["boolean", ["true", "false"]],
    ["uuid", ["0190163d-8694-739b-aea5-966c26f8ad91"]],
    ["date", ["2024-02-03"]],
    ["numeric(12, 3)", ["12.345", "-0.001"]],
    ["colour", ["green", "red"]],
  ])("keys of type %s, by their texts", async (type, items) => {
    expect(await readBack(textsAs(type), items, "value::text")).toEqual(items);
  });

  it("nothing at all", async () => {
    for (const parameter of [texts, textsAs("uuid")]) expect(await readBack(parameter, [], "value")).toEqual([]);
    expect(await readBack(numbersAs("bigint"), [], "value")).toEqual([]);
  });

  it("a number that is no integer is refused for a column of integers", () => {
    expect(() => numbersAs("bigint").encode([0.5], (item) => item)).toThrow(RangeError);
    expect(() => timesAs("timestamp with time zone").encode([Number.NaN], (item) => item)).toThrow(RangeError);
  });
});
