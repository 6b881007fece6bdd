import { expandMacros } from "@tidemark/panels";
import { migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { cityVariable, healthPanels, totalUsage, usageOverTime } from "@tidemark/socmed/panels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { query } from "../servers.js";
import { compare, startTestPostgres, type TestPostgres } from "./tables.js";

let server: TestPostgres;

const figures = "events, usage_count, sales, visitors, page_visitors, conversion";
const rates = "conversion_rate_sum, conversion_rate_count, bounce_rate_sum, bounce_rate_count";
const sumsOf = (columns: string) => columns.replaceAll(/\w+/g, "sum($&)");

// Nine days of minutes with other figures in each, some cities in some hours only; and hours that are sums of them.
beforeAll(async () => {
  server = await startTestPostgres();
  await migrate(socmed, server.databaseUrl);
  await query(
    server.databaseUrl,
    `INSERT INTO socmed_1m SELECT 'long', n % 3, '2024-02-01Z'::timestamptz + n * interval '1 minute', 'City ' || n / 60 % 7,
       CASE WHEN n % 2 = 0 THEN 'X' ELSE 'TikTok' END, 1, n, n % 7, 100 + n, n % 100, n % 90, n % 50, 1, n % 40, 1
     FROM generate_series(0, 9 * 1440 - 1) AS n;
     INSERT INTO socmed_1h (topic, partition, window_start, kota, sosial_media, ${figures}, ${rates})
       SELECT topic, partition, date_trunc('hour', window_start, 'UTC'), kota, sosial_media, ${sumsOf(figures)}, ${sumsOf(rates)}
       FROM socmed_1m GROUP BY 1, 2, 3, 4, 5;
     INSERT INTO socmed_verdicts_1m SELECT 'long', n % 3, '2024-02-01Z'::timestamptz + n * interval '1 minute', 'late', 'under 1 s', n
     FROM generate_series(0, 9 * 1440 - 1) AS n;
     INSERT INTO socmed_verdicts_1h SELECT topic, partition, date_trunc('hour', window_start, 'UTC'), verdict, detail, sum(records)
       FROM socmed_verdicts_1m GROUP BY 1, 2, 3, 4, 5`,
  );
}, 60_000);

afterAll(() => server.close());

const day = 86_400_000;
const hour = 3_600_000;
const minute = 60_000;
const base = Date.UTC(2024, 1, 2, 5);

describe("what a range of more than three days shows is what its minutes hold", () => {
  const ranges: [string, number, number][] = [
    ["from and to whole hours", base, base + 4 * day],
    ["a millisecond more than three days", base, base + 3 * day + 1],
    ["from just behind an hour", base + 1, base + 4 * day - 1],
    ["from a minute before an hour to a minute behind one", base - minute, base + 4 * day + minute],
    ["from and to the middle of hours", base + 25 * minute + 7, base + 5 * day + 41 * minute + 59_999],
    ["to the last minute of an hour", base + 59 * minute, base + 4 * day + 59 * minute],
    ["from before all there is to behind it", base - 40 * day, base + 40 * day],
  ];
  it.each(
    ranges.flatMap(([name, fromMs, toMs]) =>
      [90_000, 20 * minute, 2 * hour].map((intervalMs) => [name, intervalMs, fromMs, toMs] as const),
    ),
  )("%s, with points %d ms apart", async (_name, intervalMs, fromMs, toMs) => {
    const view = { fromMs, toMs, intervalMs, variables: { topic: "long", city: "all", platform: "all" } } as const;
    const ask = async (sql: string) => query(server.databaseUrl, expandMacros(sql, view));
    const add = (rows: readonly Record<string, unknown>[], column: string) =>
      rows.reduce((sum, row) => sum + Number(row[column]), 0);
    const within = `window_start BETWEEN to_timestamp(${fromMs / 1000}) AND to_timestamp(${toMs / 1000})`;
    const [truth] = await query(
      server.databaseUrl,
      `SELECT sum(usage_count)::float8 AS usage, count(DISTINCT kota)::int AS cities,
         (SELECT sum(records)::float8 FROM socmed_verdicts_1m WHERE ${within}) AS late FROM socmed_1m WHERE ${within}`,
    );
    const series = await ask(usageOverTime.sql);
    expect({
      usage: add(await ask(totalUsage.sql), "usage"),
      cities: (await ask(cityVariable.sql)).length,
      late: add(await ask(healthPanels.lateByHowMuch.sql), "records"),
      ofSeries: add(series, "usage"),
      ofLedger: add(await ask(healthPanels.ledgerOverTime.sql), "records"),
    }).toEqual({ ...truth, ofSeries: truth?.["usage"], ofLedger: truth?.["late"] });
    const { differences } = await compare(server.databaseUrl, "long", { atMs: toMs, rangeMs: toMs - fromMs });
    expect(differences).toEqual([]);
  });

  it("reads no minute between its first and its last hour", async () => {
    const variables = { topic: "long", city: "all", platform: "all" } as const;
    const view = { fromMs: base + 1, toMs: base + 6 * day, intervalMs: hour, variables };
    const sql = expandMacros(totalUsage.sql, view);
    const plan = await query(server.databaseUrl, `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`);
    expect(rowsRead(plan[0]?.["QUERY PLAN"], "socmed_1m")).toBe(59 + 1);
    expect(rowsRead(plan[0]?.["QUERY PLAN"], "socmed_1h")).toBeGreaterThan(0);
    expect(rowsRead(plan[0]?.["QUERY PLAN"], "socmed_5s")).toBe(0);
  });
});

/** Rows that the scans of a table in a plan looked at, those that they left out too. */
function rowsRead(plan: unknown, table: string): number {
  if (typeof plan !== "object" || plan === null) return 0;
  const below = Object.values(plan).reduce((sum: number, inner) => sum + rowsRead(inner, table), 0);
  if (!("Relation Name" in plan) || plan["Relation Name"] !== table) return below;
  const figure = (name: string) => Number(new Map(Object.entries(plan)).get(name) ?? 0);
  return below + (figure("Actual Rows") + figure("Rows Removed by Filter")) * figure("Actual Loops");
}
