import { getTableColumns, getTableName, is } from "drizzle-orm";
import { getTableConfig, getViewConfig, PgColumn, type PgTable, type PgView } from "drizzle-orm/pg-core";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createSink, migrate, type Blocker } from "../../src/index.js";
import * as tables from "../../src/tables/index.js";
import { orderPipeline, orders, orderTables } from "../orders.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { digBlackHole } from "./black-hole.js";

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
});

const pipeline = orderPipeline();
const inSchema = (schema: string, name = "orders") => orderPipeline({ name, tables: { ...orders.tables, schema } });

const drizzleTables: readonly PgTable[] = [
  orderTables.raw,
  orderTables.late,
  orderTables.rejected,
  ...Object.values(orderTables.rollups),
  ...orderTables.verdicts,
  tables.checkpoints,
  tables.definitions,
  tables.retention,
  tables.ownedTables,
  tables.progress,
];

const drizzleViews: readonly PgView[] = [
  ...(Object.values(orderTables.totals) as unknown as PgView[]),
  tables.pipelineHealth,
  tables.pipelineProgress,
];

const catalogColumns = `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null,
    EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY(indkey)) AS key
  FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;

const relations = async () =>
  (
    await server.query(
      url,
      `SELECT relnamespace::regnamespace || '.' || relname AS name FROM pg_class
       WHERE relkind IN ('r', 'p', 'v') AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    )
  ).map(({ name }) => String(name));

describe("migrate", () => {
  it("is refused where a schema tidemark is somebody else's, and makes nothing", async () => {
    await server.query(url, "CREATE SCHEMA tidemark; CREATE TABLE tidemark.checkpoints (id int)");
    await expect(migrate(pipeline, url)).rejects.toMatchObject({
      code: "refused-table",
      message: expect.stringContaining("a schema tidemark that Tidemark has not made (it holds checkpoints)") as string,
    });
    expect(await relations()).toEqual(["tidemark.checkpoints"]);
  });

  it("tells whom it waits for while another migrates, and goes on when that has ended", async () => {
    const other = new Client({ connectionString: url, application_name: "other-migration" });
    await other.connect();
    const { rows } = await other.query<{ pid: number }>(
      "SELECT pg_backend_pid() AS pid FROM pg_advisory_lock(7415062) AS lock",
    );
    const blockers = await new Promise<readonly Blocker[]>((resolve, reject) => {
      migrate(pipeline, url, { onBlocked: resolve }).catch(reject);
    });
    expect(blockers).toEqual([{ pid: rows[0]?.pid, applicationName: "other-migration", clientAddress: "127.0.0.1" }]);
    await other.end();
    await vi.waitFor(async () => expect(await relations()).toContain("public.orders"), { timeout: 30_000 });
  });

  it("gives up a connection that the network has lost, and not one on which the server is at work for long", async () => {
    const hole = await digBlackHole(url, (connection, sent) => connection === 1 && sent.includes("advisory"));
    await expect(migrate(pipeline, hole.databaseUrl, { silenceTimeoutMs: 300 })).rejects.toThrow(
      /has not answered for 0.3 s/,
    );
    await server.query(
      url,
      `CREATE FUNCTION dawdle() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); END $$;
       CREATE EVENT TRIGGER dawdle ON ddl_command_end WHEN TAG IN ('CREATE SCHEMA') EXECUTE FUNCTION dawdle()`,
    );
    await migrate(pipeline, url, { silenceTimeoutMs: 300 });
  });

  it("is safe when ten start at once, and does nothing the second time", async () => {
    await Promise.all(Array.from({ length: 10 }, () => migrate(pipeline, url)));
    const before = await server.query(url, "SELECT *, xmin::text FROM tidemark.tables ORDER BY table_name");
    await migrate(pipeline, url);
    expect(await server.query(url, "SELECT *, xmin::text FROM tidemark.tables ORDER BY table_name")).toEqual(before);
    expect(await server.query(url, "SELECT file FROM tidemark.migrations ORDER BY 1")).toEqual([
      { file: "0000_tidemark.sql" },
      { file: "0001_day_partitions_and_retention.sql" },
    ]);
  });

  it("makes the tables that the Drizzle definitions describe: columns in order, types, nullability, keys", async () => {
    await migrate(pipeline, url);
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
    await migrate(pipeline, url);
    for (const view of drizzleViews) {
      const { name, schema = "public", selectedFields } = getViewConfig(view);
      const catalog = await server.query(url, catalogColumns, [`${schema}.${name}`]);
      const described = Object.values(selectedFields)
        .filter((field) => is(field, PgColumn))
        .map((column) => ({ name: column.name, type: column.getSQLType() }));
      expect(described, name).toEqual(catalog.map((column) => ({ name: column["name"], type: column["type"] })));
    }
  });

  it("makes the indexes that the Drizzle definitions name, and no others", async () => {
    await migrate(pipeline, url);
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

  it.each([
    ["day", "RANGE (placed_at)"],
    ["none", null],
  ] as const)(
    "partitions the raw table by its time where the definition says %s, with BRIN",
    async (by, partitioned) => {
      await migrate(orderPipeline({ tables: { ...orders.tables, partitionBy: by } }), url);
      const [raw] = await server.query(
        url,
        `SELECT (SELECT pg_get_partkeydef(oid) FROM pg_class WHERE oid = 'orders'::regclass AND relkind = 'p') AS partitioned,
         (SELECT array_agg(am.amname::text) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid JOIN pg_am am ON am.oid = c.relam
          WHERE indrelid = 'orders'::regclass) AS indexes`,
      );
      expect(raw).toEqual({ partitioned, indexes: ["brin"] });
    },
  );

  it("makes the tables in the schema that the definition names, and nothing else", async () => {
    await migrate(inSchema("shop \"&' co"), url);
    const made = await relations();
    const [shop, tidemark] = [
      made.filter((name) => name.includes("shop")),
      made.filter((name) => name.startsWith("tidemark")),
    ];
    expect(made).toEqual([...shop, ...tidemark]);
    expect(shop).toHaveLength(11);
  });

  it("adds the tables of a second pipeline, and leaves those of the first alone", async () => {
    await migrate(pipeline, url);
    const first = await relations();
    await migrate(inSchema("shop", "other"), url);
    const both = await relations();
    expect(both).toEqual(expect.arrayContaining(first));
    expect(both).toHaveLength(first.length + 11);
  });

  it("makes what is missing of the pipeline's own anew", async () => {
    await migrate(pipeline, url);
    const before = await relations();
    await server.query(url, "DROP TABLE orders_late");
    await migrate(pipeline, url);
    expect(await relations()).toEqual(before);
  });

  it("refuses a name that is too long before it makes anything", async () => {
    const raw = "r".repeat(55);
    const long = migrate(orderPipeline({ tables: { ...orders.tables, raw } }), url);
    await expect(long).rejects.toMatchObject({ code: "refused-table", message: expect.stringContaining(raw) });
    expect(await relations()).toEqual([]);
  });
});

describe("what is there already", () => {
  it.each([
    ["table", "CREATE TABLE orders_5s (id int)", "The table public.orders_5s exists already"],
    ["view", "CREATE VIEW orders_5s_total AS SELECT 1", "The view public.orders_5s_total exists already"],
    [
      "index",
      "CREATE TABLE x (i int); CREATE INDEX orders_5s_window_start ON x (i)",
      "public.orders_5s_window_start is needed",
    ],
  ])(
    "is refused in one sentence where a %s of that name is not Tidemark's, and nothing is made",
    async (_what, made, text) => {
      await server.query(url, made);
      const before = await relations();
      const refusal = { code: "refused-table", message: expect.stringContaining(text) };
      await expect(migrate(pipeline, url)).rejects.toMatchObject(refusal);
      expect(await relations()).toEqual(before);
    },
  );

  it("is refused where it belongs to another pipeline", async () => {
    await migrate(pipeline, url);
    await expect(migrate(inSchema("public", "other"), url)).rejects.toMatchObject({
      code: "refused-table",
      message: expect.stringContaining("belongs to the pipeline orders"),
    });
  });

  it("is refused where its definition had other tables, with what differs", async () => {
    await migrate(pipeline, url);
    const [base, ...coarser] = orders.rollups;
    const changed = orderPipeline({ rollups: [{ ...base, keys: ["shop"] } as tables.RollupData, ...coarser] });
    await expect(migrate(changed, url)).rejects.toMatchObject({
      code: "refused-definition",
      differences: [{ path: "rollups[0].keys[1]", stored: "channel", given: undefined }],
    });
  });

  it("follows a definition with other times until something has been written, and refuses it then", async () => {
    await migrate(pipeline, url);
    const slower = orderPipeline({ allowedLatenessMs: 60_000 });
    await migrate(slower, url);
    const view = "SELECT pg_get_viewdef('orders_5s_total'::regclass) AS text";
    expect((await server.query(url, view))[0]?.["text"]).toContain("00:01:05");
    const sink = createSink({ databaseUrl: url, topic: "t", group: "g", clusterId: "c", pipeline: slower });
    await sink.claim(0, 0);
    await sink.close();
    await expect(migrate(pipeline, url)).rejects.toMatchObject({
      code: "refused-definition",
      differences: [{ path: "allowedLatenessMs", stored: 60_000, given: 0 }],
    });
  });

  it("is refused where an earlier version made it", async () => {
    await server.query(
      url,
      "CREATE SCHEMA tidemark; CREATE TABLE tidemark.migrations (id serial, hash text, created_at bigint)",
    );
    await expect(migrate(pipeline, url)).rejects.toMatchObject({ code: "old-database" });
  });

  it("is refused where a later version made it", async () => {
    await migrate(pipeline, url);
    await server.query(url, "INSERT INTO tidemark.migrations (file) VALUES ('9999_later.sql')");
    await expect(migrate(pipeline, url)).rejects.toMatchObject({ code: "old-database" });
  });
});
