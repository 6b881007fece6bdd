import { socmedData } from "@tidemark/socmed/tables";
import { Client } from "pg";
import { query } from "./servers.js";

const sums = `sum(usage_count)::text || ' ' || sum(sales)::text || ' ' || sum(visitors)::text || ' ' ||
  sum(page_visitors)::text || ' ' || sum(conversion)::text`;

/** What voids a figure: a sentence for each thing that is wrong with the tables; none where they are right. */
export async function findFaults(databaseUrl: string, events: number, topic = "socmed-events"): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, string>>(
      `SELECT
      (SELECT sum(read)::text FROM tidemark.checkpoints WHERE topic = $1 AND pipeline = $2) AS read,
      (SELECT sum(counted)::text FROM tidemark.checkpoints WHERE topic = $1 AND pipeline = $2) AS counted,
      (SELECT count(*)::text FROM socmed_user_sales WHERE topic = $1) AS raw_rows,
      (SELECT ${sums} FROM socmed_user_sales WHERE topic = $1) AS raw,
      (SELECT ${sums} FROM socmed_5s WHERE topic = $1) AS five_seconds,
      (SELECT ${sums} FROM socmed_1m WHERE topic = $1) AS one_minute,
      (SELECT ${sums} FROM socmed_1h WHERE topic = $1) AS one_hour,
      (SELECT count(*)::text FROM socmed_user_sales WHERE topic = $1 AND (
        conversion_rate IS DISTINCT FROM conversion::float8 / nullif(visitors, 0)::float8 * 100 OR
        bounce_rate IS DISTINCT FROM page_visitors::float8 / nullif(visitors, 0)::float8 * 100)) AS wrong_rates`,
      [topic, socmedData.name],
    );
    const found = rows[0] ?? {};
    const faults: string[] = [];
    const expect = (what: string, got: string | undefined, wanted: string | undefined) => {
      if (got !== wanted) faults.push(`${what}: ${got}, expected ${wanted}`);
    };
    expect("read", found["read"], String(events));
    expect("rows", found["raw_rows"], found["counted"]);
    expect("sums of socmed_5s", found["five_seconds"], found["raw"]);
    expect("sums of socmed_1m", found["one_minute"], found["raw"]);
    expect("sums of socmed_1h", found["one_hour"], found["raw"]);
    expect("rows with another rate than their counters give", found["wrong_rates"], "0");
    return faults;
  } finally {
    await client.end();
  }
}

/**
 * What voids a peer's figure: rows that are missing, or other sums, beside the raw rows of Tidemark's database. It counts what is
 * late or a duplicate too, so that on a topic which has any it may hold more.
 */
export async function findPeerFaults(databaseUrl: string, peerUrl: string, events: number): Promise<string[]> {
  const columns = ["Usage_Count", "Sales", "Visitors", "PageVisitors", "Conversion"].map((name) => `"${name}"`);
  const ownSql = `SELECT count(*)::int AS rows, ${sums} AS sums FROM socmed_user_sales`;
  const peerSql = `SELECT count(*)::int AS rows, ${columns.map((name) => `sum(${name})::text`).join(" || ' ' || ")} AS sums
    FROM plain_user_sales`;
  const [[own], [peer]] = await Promise.all([
    query<{ rows: number; sums: string }>(databaseUrl, ownSql),
    query<{ rows: number; sums: string }>(peerUrl, peerSql),
  ]);
  if (own === undefined || peer === undefined) return ["its table cannot be read"];
  if (own.rows < events) {
    return peer.rows >= own.rows && peer.rows <= events ? [] : [`${peer.rows} rows of ${events} events`];
  }
  return own.rows === peer.rows && own.sums === peer.sums
    ? []
    : [`${peer.rows} rows with the sums ${peer.sums}, expected ${own.sums}`];
}
