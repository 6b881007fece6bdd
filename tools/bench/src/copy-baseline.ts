import { buffer } from "node:stream/consumers";
import { Client } from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

/**
 * Bare COPY: the rows that the pipeline wrote, from memory, in one binary stream on one connection, into a table of the
 * same shape (day partitions, BRIN). Returns rows per second.
 */
export async function measureBareCopy(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`DROP TABLE IF EXISTS bare_copy;
      CREATE TABLE bare_copy (LIKE socmed_user_sales INCLUDING ALL) PARTITION BY RANGE (ts)`);
    const { rows: days } = await client.query<{ name: string; bounds: string }>(
      `SELECT 'bare_copy_' || inhrelid::text AS name, pg_get_expr(relpartbound, oid) AS bounds
       FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'socmed_user_sales'::regclass`,
    );
    for (const { name, bounds } of days) {
      await client.query(`CREATE TABLE ${name} PARTITION OF bare_copy ${bounds}`);
    }
    const bytes = await buffer(
      client.query(copyTo("COPY (SELECT * FROM socmed_user_sales) TO STDOUT (FORMAT binary)")),
    );
    await client.query("CHECKPOINT");
    const started = performance.now();
    const stream = client.query(copyFrom("COPY bare_copy FROM STDIN (FORMAT binary)"));
    await new Promise<void>((resolve, reject) => {
      stream.once("error", reject);
      stream.once("finish", resolve);
      stream.end(bytes);
    });
    const seconds = (performance.now() - started) / 1000;
    const { rows } = await client.query<{ rows: number }>("SELECT count(*)::int AS rows FROM bare_copy");
    await client.query("DROP TABLE bare_copy");
    return (rows[0]?.rows ?? 0) / seconds;
  } finally {
    await client.end();
  }
}
