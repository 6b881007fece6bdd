import fc from "fast-check";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { numberArray, textArray } from "../../src/postgres/array-literal.js";
import { createPool } from "../../src/postgres/connection.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
let pool: Pool;
beforeAll(async () => {
  server = await startTestServer();
  pool = createPool(await server.createDatabase(), 1);
});
afterAll(async () => {
  await pool.end();
  await server.close();
});

/** What Postgres makes of the literal: `expression` of each element, in order. */
async function readBack(type: string, expression: string, literal: string): Promise<unknown[]> {
  const { rows } = await pool.query<{ value: unknown }>(
    `SELECT ${expression} AS value FROM unnest($1::${type}[]) WITH ORDINALITY AS item(value, at) ORDER BY at`,
    [literal],
  );
  return rows.map(({ value }) => value);
}

const itself = <T>(item: T): T => item;

describe("array literals are read by Postgres as what they were made of:", () => {
  it("texts, whatever they hold", async () => {
    const odd = fc.constantFrom("", "NULL", "null", "a,b", "{}", '"', "\\", '\\"', " x ", "\n\t", "é", "Bogor");
    const text = fc
      .string({ unit: "binary" })
      .filter((words) => !words.includes("\0") && !/\p{Surrogate}/u.test(words));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(odd, text)), async (texts) => {
        expect(await readBack("text", "value", textArray(texts, itself))).toEqual(texts);
      }),
    );
  });

  it("doubles, to the last bit but for the sign of zero", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double()), async (numbers) => {
        const bits = numbers.map((number) => {
          const bytes = Buffer.alloc(8);
          bytes.writeDoubleBE(number + 0);
          return bytes.toString("hex");
        });
        const literal = numberArray(numbers, itself);
        expect(await readBack("double precision", "encode(float8send(value), 'hex')", literal)).toEqual(bits);
      }),
    );
  });

  it("integers up to 2^53", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.maxSafeInteger()), async (numbers) => {
        expect(await readBack("bigint", "value::text", numberArray(numbers, itself))).toEqual(numbers.map(String));
      }),
    );
  });
});
