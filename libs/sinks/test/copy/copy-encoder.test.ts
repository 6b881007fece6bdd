import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  integer,
  pgTable,
  smallint,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import fc from "fast-check";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCopyEncoder, type CopyEncoder } from "../../src/index.js";
import { createPool, defaultLimits, inTransaction } from "../../src/postgres/connection.js";
import { fly } from "../../src/postgres/flight.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });
const edges = pgTable("edges", {
  at: integer("at").notNull(),
  small: smallint("small"),
  whole: integer("whole"),
  large: bigint("large", { mode: "number" }),
  real: doublePrecision("real"),
  yes: boolean("yes"),
  id: uuid("id"),
  words: text("words"),
  raw: bytea("raw"),
  time: timestamp("time", { withTimezone: true }),
});

let server: TestServer;
let pool: Pool;
beforeAll(async () => {
  server = await startTestServer();
  pool = createPool(await server.createDatabase(), 4);
  await pool.query(
    `CREATE TABLE edges (at integer NOT NULL, small smallint, whole integer, large bigint, "real" double precision,
       yes boolean, id uuid, words text, raw bytea, time timestamptz)`,
  );
});
afterAll(async () => {
  await pool.end();
  await server.close();
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const lowestTime = Date.parse("-004713-11-24T00:00:00Z");
const highestTime = Date.parse("+020000-01-01T00:00:00Z");
const row = fc.record({
  small: maybe(fc.integer({ min: -32_768, max: 32_767 })),
  whole: maybe(fc.integer()),
  large: maybe(fc.maxSafeInteger()),
  real: maybe(fc.double()),
  yes: maybe(fc.boolean()),
  id: maybe(fc.uuid()),
  words: maybe(fc.string({ unit: "binary" }).filter((words) => !words.includes("\0") && !/\p{Surrogate}/u.test(words))),
  raw: maybe(fc.uint8Array()),
  time: maybe(fc.integer({ min: lowestTime, max: highestTime })),
});

describe("createCopyEncoder", () => {
  it("writes every type so that Postgres reads the same value, to the last bit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        const numbered = rows.map((values, at) => ({ ...values, at }));
        const read = await writeAndRead(
          numbered,
          `at, small, whole, large::text, encode(float8send("real"), 'hex') AS real, yes, id::text, words, raw,
             (extract(epoch FROM time) * 1000)::int8::text AS time`,
        );
        expect(read).toEqual(
          numbered.map((values) => ({
            ...values,
            large: values.large === null ? null : String(values.large),
            real: values.real === null ? null : bitsOf(values.real),
            raw: values.raw === null ? null : Buffer.from(values.raw),
            time: values.time === null ? null : String(values.time),
          })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("takes the ends of each range", async () => {
    const earliest = Date.parse("-004713-11-24T00:00:00Z");
    const latest = 8_640_000_000_000_000;
    const read = await writeAndRead(
      [
        { at: 0, small: -32_768, whole: -2_147_483_648, large: Number.MIN_SAFE_INTEGER, time: earliest },
        { at: 1, small: 32_767, whole: 2_147_483_647, large: Number.MAX_SAFE_INTEGER, time: latest },
      ],
      "small, whole, large::text, (extract(epoch FROM time) * 1000)::int8::text AS time",
    );
    expect(read).toEqual([
      { small: -32_768, whole: -2_147_483_648, large: "-9007199254740991", time: String(earliest) },
      { small: 32_767, whole: 2_147_483_647, large: "9007199254740991", time: String(latest) },
    ]);
  });

  it("keeps every kind of double to the bit: not a number, infinite, negative zero, subnormal", async () => {
    const reals = [NaN, Infinity, -Infinity, 0, -0, 5e-324, -5e-324, 2.225073858507201e-308, 2 ** -1022];
    reals.push(Number.MAX_VALUE, -Number.MAX_VALUE, 0.1, 1 / 3, 43.592_814_371_257_48);
    const read = await writeAndRead(
      reals.map((real, at) => ({ at, real })),
      `encode(float8send("real"), 'hex') AS real`,
    );
    expect(read).toEqual(reals.map((real) => ({ real: bitsOf(real) })));
  });

  it("takes a UUID as its four words", async () => {
    const id = Int32Array.of(0x3d131cdc, 0x061146c1, 0x9ff79861 | 0, 0xa9c6c75f | 0);
    expect(await writeAndRead([{ at: 0, id }], "id")).toEqual([{ id: "3d131cdc-0611-46c1-9ff7-9861a9c6c75f" }]);
  });

  it("takes texts and bytes of a megabyte and more, and empty ones", async () => {
    const words = "é😀x".repeat(200_000);
    const raw = Uint8Array.from({ length: 1024 * 1024 }, (_, at) => at % 251);
    const read = await writeAndRead(
      [
        { at: 0, words, raw },
        { at: 1, words: "", raw: new Uint8Array() },
      ],
      "words, raw",
    );
    expect(read[0]?.["words"]).toBe(words);
    expect(read[0]?.["raw"]).toEqual(Buffer.from(raw));
    expect(read[1]).toEqual({ words: "", raw: Buffer.of() });
  });

  it.each([
    ["smallint", { small: 32_768 }],
    ["integer", { whole: 0.5 }],
    ["integer", { whole: "7" }],
    ["bigint", { large: 2 ** 53 }],
    ["double precision", { real: "1" }],
    ["boolean", { yes: 1 }],
    ["uuid", { id: "3d131cdc" }],
    ["uuid", { id: Int32Array.of(1, 2, 3) }],
    ["text", { words: "a\0b" }],
    ["text", { words: "half of a pair: \ud83d" }],
    ["bytea", { raw: "00" }],
    ["timestamp with time zone", { time: Number.NaN }],
    ["timestamp with time zone", { time: Date.parse("-004713-11-23T23:59:59.999Z") }],
    ["timestamp with time zone", { time: 8_640_000_000_000_001 }],
    ["integer", { at: null }],
  ])("refuses what a column of type %s cannot hold, naming the column", (_type, values) => {
    const encoder = createCopyEncoder(edges);
    const column = Object.keys(values)[0] ?? "";
    expect(() => encodeAll(encoder, [{ at: 1, ...values }])).toThrow(
      expect.objectContaining({ code: "unencodable", message: expect.stringContaining(`Column ${column} `) }),
    );
  });
});

/** What Postgres holds of the rows, by `expressions`, in the order of `at`. */
async function writeAndRead(rows: readonly object[], expressions: string): Promise<Record<string, unknown>[]> {
  const encoder = createCopyEncoder(edges);
  await pool.query("TRUNCATE edges");
  const copy = { text: encoder.statement, copied: encodeAll(encoder, rows) };
  await inTransaction(pool, defaultLimits, (client) => fly(client, [copy]));
  return (await pool.query<Record<string, unknown>>(`SELECT ${expressions} FROM edges ORDER BY at`)).rows;
}

function encodeAll(encoder: CopyEncoder, rows: readonly object[]): readonly Uint8Array[] {
  const stream = encoder.open();
  stream.append(rows);
  return stream.end();
}

function bitsOf(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("hex");
}
