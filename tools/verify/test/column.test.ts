import type { OracleFieldType } from "@tidemark/scenario/oracle";
import { afterAll, beforeAll, expect, it } from "vitest";
import postgres from "postgres";
import { compareColumn, isSame } from "../src/column.js";
import { startTestPostgres, type TestPostgres } from "./panels/tables.js";

let server: TestPostgres;
let sql: postgres.Sql;

beforeAll(async () => {
  server = await startTestPostgres();
  sql = postgres(server.databaseUrl, { max: 1, prepare: false, onnotice: () => {} });
  await sql.unsafe("SET TimeZone = 'UTC'; SET extra_float_digits = 1; CREATE TYPE mood AS ENUM ('good', 'bad')");
});

afterAll(async () => {
  await sql.end();
  await server.close();
});

const time = (unit: "s" | "ms" | "us" | "iso"): OracleFieldType => ({ kind: "time", unit });
const decimal: OracleFieldType = { kind: "decimal", precision: 10, scale: 4 };
const arrayOf = (of: OracleFieldType): OracleFieldType => ({ kind: "array", of });

it.each<readonly [type: string, field: OracleFieldType | undefined, value: unknown, literal: string, other: string]>([
  ["text", undefined, "a$b", "'a$b'", "'a$c'"],
  ["mood", undefined, "good", "'good'", "'bad'"],
  ["uuid", undefined, "abcdef00-0000-4000-8000-00000000000f", "'ABCDEF00-0000-4000-8000-00000000000F'", "NULL"],
  ["boolean", undefined, true, "true", "false"],
  ["smallint", undefined, 7, "7", "8"],
  ["bigint", undefined, 9_007_199_254_740_993n, "9007199254740993", "9007199254740992"],
  ["real", undefined, 0.1, "0.1", "0.10000001"],
  ["double precision", undefined, -0, "'-0'", "0"],
  ["double precision", undefined, 0.1 + 0.2, "0.30000000000000004", "0.3"],
  ["numeric(10, 4)", decimal, "-00.5", "-0.5", "-0.5001"],
  ["numeric", undefined, 1.5e-7, "0.00000015", "0.00000014"],
  ["numeric", undefined, 1e21, "1000000000000000000000", "1000000000000000000001"],
  ["numeric(10, 4)", decimal, "-0.0", "0", "0.0001"],
  ["date", { kind: "date" }, "2024-02-29", "'2024-02-29'", "'2024-03-01'"],
  ["jsonb", { kind: "json" }, { b: [1, null], a: -0 }, `'{"a": 0, "b": [1.0, null]}'`, `'{"a": 0, "b": [1]}'`],
  ["json", { kind: "json" }, "x", `' "x"'`, `'"y"'`],
  ["bytea", undefined, Buffer.of(0, 255), "'\\x00ff'", "'\\x00fe'"],
  ["timestamp with time zone", undefined, -1, "'1969-12-31 23:59:59.999Z'", "'1969-12-31 23:59:59.9991Z'"],
  ["timestamp with time zone", time("s"), 5, "'1970-01-01 00:00:05Z'", "'1970-01-01 00:00:06Z'"],
  ["timestamp with time zone", time("us"), -1, "'1969-12-31 23:59:59.999999Z'", "'1970-01-01Z'"],
  ["timestamp with time zone", time("us"), 1_000_001, "'1970-01-01 00:00:01.000001Z'", "'1970-01-01 00:00:01Z'"],
  [
    "timestamp with time zone",
    time("iso"),
    "2024-02-03T00:00:00.1234569+07:00",
    "'2024-02-02 17:00:00.123456Z'",
    "'2024-02-02 17:00:00.123457Z'",
  ],
  ["timestamp with time zone", time("iso"), "0001-01-01T00:00:00+01:00", "'0001-12-31 23:00:00+00 BC'", "NULL"],
  ["timestamp with time zone", time("iso"), "9999-12-31T23:00:00-02:00", "'10000-01-01 01:00:00Z'", "NULL"],
  ["timestamp", time("ms"), 1_500, "'1970-01-01 00:00:01.5'", "'1970-01-01 00:00:01'"],
  ["text[]", arrayOf({ kind: "text" }), ["a", 'b"', "c,d"], `ARRAY['a', 'b"', 'c,d']`, "ARRAY['a']"],
  ["integer[]", arrayOf({ kind: "integer", min: 0, max: 9 }), [1, 2], "ARRAY[1, 2]", "ARRAY[2, 1]"],
  ["double precision[]", arrayOf({ kind: "double" }), [0.1, 1e-7], "ARRAY[0.1, 1e-7]", "ARRAY[0.1]"],
  ["timestamp with time zone[]", arrayOf(time("s")), [5], "ARRAY[timestamptz '1970-01-01 00:00:05Z']", "'{}'"],
  ["text[]", arrayOf({ kind: "text" }), [], "'{}'", "NULL"],
  ["text", undefined, null, "NULL", "''"],
  ["text", undefined, undefined, "NULL", "''"],
])("a column of type %s, number %#, has its values compared exactly", async (type, field, value, literal, other) => {
  const {
    select,
    toStored,
    fromStored = (found: unknown) => found,
  } = compareColumn({ property: "a", name: 'odd "$&"', type }, field);
  const read = async (given: string): Promise<unknown> => {
    const column = `"odd ""$&"""`;
    const [row] = await sql.unsafe(`SELECT ${select} FROM (SELECT ${given}::${type} AS ${column}) AS t`).values();
    return fromStored(row?.[0]);
  };
  expect(isSame(toStored(value), await read(literal))).toBe(true);
  expect(isSame(toStored(value), await read(other))).toBe(false);
});
