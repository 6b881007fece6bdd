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
import { copyIn, createPool, defaultLimits, inTransaction } from "../../src/postgres/connection.js";
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
const lowestTime = Date.parse("-004000-01-01T00:00:00Z");
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
    const encoder = createCopyEncoder(edges);
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        await pool.query("TRUNCATE edges");
        const numbered = rows.map((values, at) => ({ ...values, at }));
        await inTransaction(pool, defaultLimits, (client) =>
          copyIn(client, encoder.statement, encodeAll(encoder, numbered)),
        );
        const { rows: read } = await pool.query(
          `SELECT at, small, whole, large::text, encode(float8send("real"), 'hex') AS real, yes, id::text, words, raw,
             (extract(epoch FROM time) * 1000)::int8::text AS time FROM edges ORDER BY at`,
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

  it("takes the ends of each range and a text of 1 MB", async () => {
    const encoder = createCopyEncoder(edges);
    const words = "é".repeat(512 * 1024);
    const rows = [
      { at: 0, small: -32_768, whole: -2_147_483_648, large: Number.MIN_SAFE_INTEGER, real: -0, words },
      { at: 1, small: 32_767, whole: 2_147_483_647, large: Number.MAX_SAFE_INTEGER, real: 5e-324, words: "" },
    ];
    await pool.query("TRUNCATE edges");
    await inTransaction(pool, defaultLimits, (client) => copyIn(client, encoder.statement, encodeAll(encoder, rows)));
    const { rows: read } = await pool.query(
      `SELECT small, whole, large::text, encode(float8send("real"), 'hex') AS real, md5(words) = md5(repeat('é', 512 * 1024)) AS long FROM edges ORDER BY at`,
    );
    expect(read).toEqual([
      { small: -32_768, whole: -2_147_483_648, large: "-9007199254740991", real: bitsOf(-0), long: true },
      { small: 32_767, whole: 2_147_483_647, large: "9007199254740991", real: bitsOf(5e-324), long: false },
    ]);
  });

  it.each([
    ["smallint", { small: 32_768 }],
    ["integer", { whole: 0.5 }],
    ["integer", { whole: "7" }],
    ["bigint", { large: 2 ** 53 }],
    ["double precision", { real: "1" }],
    ["boolean", { yes: 1 }],
    ["uuid", { id: "3d131cdc" }],
    ["text", { words: "a\0b" }],
    ["bytea", { raw: "00" }],
    ["timestamp with time zone", { time: Number.NaN }],
    ["integer", { at: null }],
  ])("refuses what a column of type %s cannot hold, naming the column", (_type, values) => {
    const encoder = createCopyEncoder(edges);
    const column = Object.keys(values)[0] ?? "";
    expect(() => encodeAll(encoder, [{ at: 1, ...values }])).toThrow(
      expect.objectContaining({ code: "unencodable", message: expect.stringContaining(`Column ${column} `) }),
    );
  });

  it("rejects promptly with Postgres's own error, rolls back, and leaves the pool whole", async () => {
    const encoder = createCopyEncoder(edges);
    await pool.query("TRUNCATE edges");
    await pool.query("ALTER TABLE edges ADD CONSTRAINT positive CHECK (whole > 0)");
    const rows = Array.from({ length: 50_000 }, (_, at) => ({
      at,
      whole: at === 40_000 ? -1 : 1,
      words: "x".repeat(40),
    }));
    const copy = inTransaction(pool, defaultLimits, async (client) => {
      await client.query("INSERT INTO edges (at) VALUES (-1)");
      await copyIn(client, encoder.statement, encodeAll(encoder, rows));
    });
    await expect(copy).rejects.toMatchObject({ code: "23514", constraint: "positive" });
    expect((await pool.query("SELECT count(*)::int AS rows FROM edges")).rows).toEqual([{ rows: 0 }]);
    expect({ idle: pool.idleCount, total: pool.totalCount, waiting: pool.waitingCount }).toEqual({
      idle: 1,
      total: 1,
      waiting: 0,
    });
    await pool.query("ALTER TABLE edges DROP CONSTRAINT positive");
  });
});

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
