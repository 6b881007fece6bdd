import { getTableColumns, getTableName } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/index.js";
import * as tables from "../../src/tables/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const drizzleTables: readonly PgTable[] = [
  tables.socmedUserSales,
  tables.socmedLate,
  tables.socmedRejected,
  tables.socmed5s,
  tables.socmed1m,
  tables.checkpoints,
  tables.definitions,
  tables.retention,
];

describe("migrate", () => {
  it("is safe when ten start at once, and does nothing the second time", async () => {
    const url = await server.createDatabase();
    await Promise.all(Array.from({ length: 10 }, () => migrate(url)));
    await migrate(url);
    const rows = await server.query(url, "SELECT count(*)::int AS applied FROM tidemark.migrations");
    expect(rows).toEqual([{ applied: 3 }]);
  });

  it("makes the tables that the Drizzle definitions describe: columns in order, types, nullability, keys", async () => {
    const url = await server.createDatabase();
    await migrate(url);
    for (const table of drizzleTables) {
      const config = getTableConfig(table);
      const name = `${config.schema ?? "public"}.${getTableName(table)}`;
      const catalog = await server.query(
        url,
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null,
           EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY(indkey)) AS key
         FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [name],
      );
      const keys = new Set(config.primaryKeys.flatMap((key) => key.columns.map((column) => column.name)));
      const described = Object.values(getTableColumns(table)).map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        not_null: column.notNull,
        key: column.primary || keys.has(column.name),
      }));
      expect(described, name).toEqual(catalog);
    }
  });

  it("partitions the raw table by ts, with BRIN and without a unique index", async () => {
    const url = await server.createDatabase();
    await migrate(url);
    const [raw] = await server.query(
      url,
      `SELECT pg_get_partkeydef('socmed_user_sales'::regclass) AS partitioned,
         (SELECT array_agg(am.amname::text) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid JOIN pg_am am ON am.oid = c.relam
          WHERE indrelid = 'socmed_user_sales'::regclass) AS indexes`,
    );
    expect(raw).toEqual({ partitioned: "RANGE (ts)", indexes: ["brin"] });
  });
});
