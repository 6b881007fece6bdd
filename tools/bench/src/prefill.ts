import { migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { query } from "./servers.js";

/** Rows to a day: those of 1,000 events a second, over half an hour. */
const rowsPerDay = 1_000_000;
const lastDay = Date.UTC(2024, 1, 2);
const dayMs = 86_400_000;

/** Makes the tables, and fills them by SQL with rows and windows of another topic, a million rows to each day before. */
export async function prefill(databaseUrl: string, rows: number): Promise<void> {
  await migrate(socmed, databaseUrl);
  for (let day = 0; day * rowsPerDay < rows; day += 1) await fillDay(databaseUrl, lastDay - day * dayMs);
  await query(databaseUrl, fillRollup("socmed_5s", 5));
  await query(databaseUrl, fillRollup("socmed_1m", 60));
  await query(databaseUrl, fillRollup("socmed_1h", 3600));
  await query(databaseUrl, "VACUUM ANALYZE");
  await query(databaseUrl, "CHECKPOINT");
}

async function fillDay(databaseUrl: string, dayStartMs: number): Promise<void> {
  const name = `socmed_user_sales_${date(dayStartMs).replaceAll("-", "")}`;
  await query(
    databaseUrl,
    `CREATE TABLE ${name} PARTITION OF socmed_user_sales
       FOR VALUES FROM ('${date(dayStartMs)} 00:00:00+00') TO ('${date(dayStartMs + dayMs)} 00:00:00+00');
     INSERT INTO ${name}
     SELECT gen_random_uuid(), (ARRAY['Jakarta','Bogor','Depok','Tangerang','Bekasi'])[1 + i % 5],
       (ARRAY['X','Instagram','Facebook','Telegram','TikTok'])[1 + i / 5 % 5],
       50 + i % 950, 40 + i % 110, 500 + i % 500, 50 + i % 200, 100 + i % 400,
       '${date(dayStartMs)} 00:00:00+00'::timestamptz + floor(i * 86400.0 / ${rowsPerDay}) * interval '1 second',
       (100 + i % 400)::float8 / (500 + i % 500) * 100, (50 + i % 200)::float8 / (500 + i % 500) * 100,
       'filler', i % 8, i / 8
     FROM generate_series(0, ${rowsPerDay - 1}) AS i`,
  );
}

function date(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

function fillRollup(table: string, seconds: number): string {
  return `INSERT INTO ${table}
    SELECT topic, partition, date_bin('${seconds} seconds', ts, 'epoch'), kota, sosial_media, count(*), sum(usage_count),
      sum(sales), sum(visitors), sum(page_visitors), sum(conversion), sum(conversion_rate), count(conversion_rate),
      sum(bounce_rate), count(bounce_rate)
    FROM socmed_user_sales GROUP BY 1, 2, 3, 4, 5`;
}
