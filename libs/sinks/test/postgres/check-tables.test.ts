import { integer, pgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { checkTables, createRoles, migrate } from "../../src/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity } from "./partition-writer.js";

const { pipeline } = identity;
const { raw } = pipeline.data.tables;

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
});

const rolesOf = async () =>
  (await server.query(url, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'check%'")).length;
const refusals = pgTable("refusals", { partition: integer("partition") });
const roles = { pipeline, writer: "check_writer", reader: "check_reader" };

it("takes tables that are the pipeline's", async () => {
  await migrate(pipeline, url);
  await expect(checkTables(url, pipeline)).resolves.toBeUndefined();
});

it("refuses a database without the pipeline's tables, by its address, and gives nobody rights there", async () => {
  const { host, pathname } = new URL(url);
  const refusal = {
    code: "no-tables",
    message: `The database at ${host}${pathname} has no tables of pipeline ${pipeline.data.name}. Nothing was changed: check the address, or run the pipeline there first.`,
  };
  await expect(checkTables(url, pipeline)).rejects.toMatchObject(refusal);
  await expect(createRoles(url, roles)).rejects.toMatchObject(refusal);
  // Another pipeline has its tables there.
  await server.query(url, "CREATE TABLE refusals (partition int)");
  await migrate(
    { data: { name: "lone", allowedLatenessMs: 0 }, tables: { raw: { table: refusals }, rollups: [] } },
    url,
  );
  await expect(checkTables(url, pipeline)).rejects.toMatchObject(refusal);
  expect(await rolesOf()).toBe(0);
});

it("refuses a table of somebody else's in the place of one of the pipeline's, and gives nobody rights on it", async () => {
  await migrate(pipeline, url);
  await server.query(url, `DROP TABLE ${raw}; DELETE FROM tidemark.tables WHERE table_name = '${raw}'`);
  await server.query(url, `CREATE TABLE ${raw} (a int)`);
  const refusal = {
    code: "refused-table",
    message: `The table or view public.${raw} was not made by Tidemark: nothing is changed in this database.`,
  };
  await expect(checkTables(url, pipeline)).rejects.toMatchObject(refusal);
  await expect(createRoles(url, roles)).rejects.toMatchObject(refusal);
  await server.query(
    url,
    `INSERT INTO tidemark.tables SELECT 'public', '${raw}', 'theirs', hash, '' FROM tidemark.definitions`,
  );
  await expect(checkTables(url, pipeline)).rejects.toThrow(
    `The table or view public.${raw} belongs to the pipeline theirs: nothing is changed in this database.`,
  );
  expect(await rolesOf()).toBe(0);
});

it("refuses a schema tidemark of somebody else's, and one of another version", async () => {
  await server.query(url, "CREATE SCHEMA tidemark; CREATE TABLE tidemark.tables (pipeline text)");
  await expect(checkTables(url, pipeline)).rejects.toMatchObject({ code: "no-tables" });
  await server.query(url, "CREATE TABLE tidemark.migrations (id int, applied_at timestamptz)");
  await expect(checkTables(url, pipeline)).rejects.toMatchObject({ code: "old-database" });
});
