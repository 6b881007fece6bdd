import type { ClientBase } from "pg";
import { describeAddress, parseAddress } from "../address/parse-address.js";
import { noTables, oldDatabase, refusedTable } from "../errors.js";
import type { SinkPipeline } from "../sink-pipeline.js";
import { withTransaction } from "./connection.js";
import { pipelineRelations } from "./pipeline-ddl.js";

interface RelationOwner {
  readonly schema: string;
  readonly name: string;
  /** The pipeline that the relation was made for; null: Tidemark did not make it. */
  readonly owner: string | null;
}

/**
 * For programs that change what is in the database and make no tables: rejects with SinkError `no-tables` where it has none of the pipeline,
 * `refused-table` where a table of such a name is another pipeline's or not Tidemark's, and `old-database`. Reads alone.
 */
export async function checkTables(databaseUrl: string, pipeline: SinkPipeline): Promise<void> {
  await withTransaction(databaseUrl, (client) => checkTablesOn(client, databaseUrl, pipeline));
}

/** As `checkTables`, in a transaction. */
export async function checkTablesOn(client: ClientBase, databaseUrl: string, pipeline: SinkPipeline): Promise<void> {
  const { name } = pipeline.data;
  const nothing = () => noTables(name, describeAddress(parseAddress(databaseUrl)));
  const { rows: columns } = await client.query<{ relation: string; name: string }>(
    `SELECT c.relname AS relation, a.attname AS name
     FROM pg_catalog.pg_attribute a
       JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'tidemark' AND c.relname IN ('migrations', 'tables') AND a.attnum > 0 AND NOT a.attisdropped`,
  );
  const has = (relation: string, column: string) =>
    columns.some((one) => one.relation === relation && one.name === column);
  if (!has("migrations", "applied_at")) throw nothing();
  if (!has("migrations", "file") || !has("tables", "pipeline")) throw oldDatabase();
  const relations = pipelineRelations(pipeline);
  const { rows: found } = await client.query<RelationOwner>(
    `SELECT n.nspname AS schema, c.relname AS name, t.pipeline AS owner
     FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS wanted (schema, name)
       JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
       JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
       LEFT JOIN tidemark.tables t ON t.schema_name = n.nspname AND t.table_name = c.relname
     ORDER BY schema, name`,
    [relations.map(({ schema }) => schema), relations.map((relation) => relation.name)],
  );
  const problems = found.filter(({ owner }) => owner !== name).map(describeForeign);
  if (problems.length > 0) throw refusedTable(problems);
  if (relations.length > 0 && found.length === 0) throw nothing();
}

function describeForeign({ schema, name, owner }: RelationOwner): string {
  const whose = owner === null ? "was not made by Tidemark" : `belongs to the pipeline ${owner}`;
  return `The table or view ${schema}.${name} ${whose}: nothing is changed in this database.`;
}
