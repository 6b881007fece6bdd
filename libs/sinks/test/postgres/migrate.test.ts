import { getTableColumns, getTableName, is } from "drizzle-orm";
import { getTableConfig, getViewConfig, PgColumn, type PgTable, type PgView } from "drizzle-orm/pg-core";
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
  tables.socmed1h,
  tables.checkpoints,
  tables.definitions,
  tables.retention,
  tables.socmedVerdicts1m,
  tables.socmedVerdicts1h,
  tables.progress,
];

const drizzleViews: readonly PgView[] = [
  tables.socmed5sTotal,
  tables.socmed1mTotal,
  tables.socmed1hTotal,
  tables.pipelineHealth,
  tables.pipelineProgress,
];

const catalogColumns = `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null,
    EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY(indkey)) AS key
  FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;

describe("migrate", () => {
  it("is safe when ten start at once, and does nothing the second time", async () => {
    const url = await server.createDatabase();
    await Promise.all(Array.from({ length: 10 }, () => migrate(url)));
    await migrate(url);
    const rows = await server.query(url, "SELECT count(*)::int AS applied FROM tidemark.migrations");
    expect(rows).toEqual([{ applied: 6 }]);
  });

  it("makes the tables that the Drizzle definitions describe: columns in order, types, nullability, keys", async () => {
    const url = await server.createDatabase();
    await migrate(url);
    for (const table of drizzleTables) {
      const config = getTableConfig(table);
      const name = `${config.schema ?? "public"}.${getTableName(table)}`;
      const catalog = await server.query(url, catalogColumns, [name]);
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

  it("makes the views that the Drizzle definitions describe: all of them, columns in order, types", async () => {
    const url = await server.createDatabase();
    await migrate(url);
    const views = await server.query(
      url,
      "SELECT relname AS name FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace",
    );
    expect(drizzleViews.map((view) => getViewConfig(view).name).toSorted()).toEqual(
      views.map((view) => view["name"]).toSorted(),
    );
    for (const view of drizzleViews) {
      const { name, selectedFields } = getViewConfig(view);
      const catalog = await server.query(url, catalogColumns, [`public.${name}`]);
      const described = Object.values(selectedFields)
        .filter((field) => is(field, PgColumn))
        .map((column) => ({ name: column.name, type: column.getSQLType() }));
      expect(described, name).toEqual(catalog.map((column) => ({ name: column["name"], type: column["type"] })));
    }
  });

  it("makes the indexes that the Drizzle definitions name, and no others", async () => {
    const url = await server.createDatabase();
    await migrate(url);
    for (const table of drizzleTables) {
      const { schema = "public", indexes } = getTableConfig(table);
      const name = `${schema}.${getTableName(table)}`;
      const catalog = await server.query(
        url,
        "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indrelid = $1::regclass AND NOT indisprimary",
        [name],
      );
      expect(
        indexes.map(({ config }) => config.name),
        name,
      ).toEqual(catalog.map((index) => String(index["name"]).replace("tidemark.", "")));
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
