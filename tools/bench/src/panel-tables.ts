import { createRoles, migrate } from "@tidemark/sinks";
import { lateBuckets } from "@tidemark/sinks/tables";
import { socmed } from "@tidemark/socmed/tables";
import { query } from "./servers.js";

/** The end of all that the tables hold. */
export const endMs = Date.UTC(2024, 1, 3);
export const topic = "panels";
export const days = 30;
const dayMs = 86_400_000;
const partitions = 8;
/** So long consumers keep their observations. */
const progressDays = 7;
const reader = "bench_reader";
/** Of a server that is gone with the run. */
const password = "bench";

/**
 * Makes the tables and fills them by SQL: raw rows of the last day, 5 s windows of the last day, minutes, hours and verdicts of 30 days, and
 * observations. But for the raw rows they are the same whatever `rows` says. Resolves to the reader's address.
 */
export async function fillPanelTables(databaseUrl: string, rows: number): Promise<string> {
  await migrate(socmed, databaseUrl);
  await query(databaseUrl, rawRows(rows));
  await query(databaseUrl, windows("socmed_5s", 5, dayMs));
  await query(databaseUrl, windows("socmed_1m", 60, days * dayMs));
  await query(databaseUrl, hours);
  await query(databaseUrl, verdicts);
  await query(databaseUrl, verdictHours);
  await query(databaseUrl, observations);
  await query(databaseUrl, checkpoints);
  await query(databaseUrl, "VACUUM ANALYZE");
  await query(databaseUrl, "CHECKPOINT");
  await createRoles(databaseUrl, { pipeline: socmed, writer: "bench_writer", reader });
  // As `grafana:reader` makes it.
  await query(databaseUrl, `ALTER ROLE ${reader} PASSWORD '${password}'; ALTER ROLE ${reader} SET jit = off`);
  const url = new URL(databaseUrl);
  url.username = reader;
  url.password = password;
  return url.href;
}

const timestamp = (ms: number) => `'${new Date(ms).toISOString()}'::timestamptz`;

/** By a number from 0 to 24. */
const city = (key: string) => `(ARRAY['Jakarta','Bogor','Depok','Tangerang','Bekasi'])[1 + ${key} / 5]`;
const platform = (key: string) => `(ARRAY['X','Instagram','Facebook','Telegram','TikTok'])[1 + ${key} % 5]`;

function rawRows(rows: number): string {
  const day = new Date(endMs - dayMs).toISOString().slice(0, 10);
  const name = `socmed_user_sales_${day.replaceAll("-", "")}`;
  return `CREATE TABLE ${name} PARTITION OF socmed_user_sales
      FOR VALUES FROM (${timestamp(endMs - dayMs)}) TO (${timestamp(endMs)});
    INSERT INTO ${name}
    SELECT gen_random_uuid(), ${city("(i % 25)")}, ${platform("(i % 25)")},
      50 + i % 950, 40 + i % 110, 500 + i % 500, 50 + i % 200, 100 + i % 400,
      ${timestamp(endMs - dayMs)} + floor(i * 86400.0 / ${rows}) * interval '1 second',
      (100 + i % 400)::float8 / (500 + i % 500) * 100, (50 + i % 200)::float8 / (500 + i % 500) * 100,
      '${topic}', i % 25 % ${partitions}, i / ${partitions}
    FROM generate_series(0, ${rows - 1}) AS i`;
}

/** As many events as 10,000,000 in a day make, each window of a city and platform in one partition. */
function windows(table: string, seconds: number, spanMs: number): string {
  return `INSERT INTO ${table}
    SELECT '${topic}', k % ${partitions}, ${timestamp(endMs - spanMs)} + w * interval '${seconds} seconds', ${city("k")}, ${platform("k")},
      e, e * (200 + (w + 31 * k) % 600), e * (40 + (w + 7 * k) % 110), e * (500 + (w + 3 * k) % 500), e * (50 + w % 200), e * (100 + (w + k) % 400),
      e * (40 + w % 17 / 10.0), e, e * (19 + w % 13 / 10.0), e
    FROM generate_series(0, ${spanMs / 1000 / seconds - 1}) AS w, generate_series(0, 24) AS k,
      LATERAL (SELECT ${seconds / 5} * (20 + (w * 7 + k) % 7) AS e) AS events`;
}

const hours = `INSERT INTO socmed_1h
  SELECT topic, partition, date_trunc('hour', window_start, 'UTC'), kota, sosial_media, sum(events), sum(usage_count), sum(sales),
    sum(visitors), sum(page_visitors), sum(conversion), sum(conversion_rate_sum), sum(conversion_rate_count), sum(bounce_rate_sum),
    sum(bounce_rate_count)
  FROM socmed_1m GROUP BY 1, 2, 3, 4, 5`;

const reasons = [
  "not-json",
  "missing-field",
  "wrong-type",
  "out-of-range",
  "no-value",
  "not-utf8",
  "not-object",
  "blank",
];
const list = (texts: readonly string[]) => `ARRAY[${texts.map((text) => `'${text}'`).join(", ")}]`;

/** About 850 records a minute and partition: some copies, some late, some refused; and every two hours a burst of late ones. */
const verdicts = `INSERT INTO socmed_verdicts_1m
  SELECT '${topic}', p, ${timestamp(endMs - days * dayMs)} + m * interval '1 minute', verdict, detail, records
  FROM generate_series(0, ${days * 1440 - 1}) AS m, generate_series(0, ${partitions - 1}) AS p,
    LATERAL (VALUES
      ('counted', '', 840 + m % 40, true),
      ('duplicate', '', 4 + m % 3, true),
      ('late', (${list(lateBuckets.map(({ text }) => text))})[1 + (m + p) % ${lateBuckets.length}], CASE WHEN m % 120 = 0 THEN 90 ELSE 3 END, true),
      ('late', (${list(lateBuckets.map(({ text }) => text))})[1 + (m + p + 2) % ${lateBuckets.length}], 2, (m + p) % 2 = 0),
      ('rejected', (${list(reasons)})[1 + (m + p) % ${reasons.length}], 3, true),
      ('quarantined', 'future', 1, (m + p) % 4 = 0)
    ) AS kinds (verdict, detail, records, there)
  WHERE there`;

const verdictHours = `INSERT INTO socmed_verdicts_1h
  SELECT topic, partition, date_trunc('hour', window_start, 'UTC'), verdict, detail, sum(records)
  FROM socmed_verdicts_1m GROUP BY 1, 2, 3, 4, 5`;

const observations = `INSERT INTO tidemark.progress
    (at, pipeline, topic, partition, consumer, seconds, records, checkpoints, checkpoint_ms_sum, checkpoint_ms_max, lag, pauses)
  SELECT ${timestamp(endMs - progressDays * dayMs)} + i * interval '10 seconds', 'socmed', '${topic}', p, 'host:1', 10, 145 + i % 9, 10,
    90 + i % 31, 12 + i % 17, i % 50, 0
  FROM generate_series(1, ${progressDays * 8640}) AS i, generate_series(0, ${partitions - 1}) AS p`;

const checkpoints = `INSERT INTO tidemark.definitions VALUES ('panels', '{}');
  INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch, watermark,
    max_event_time, read, counted, duplicate, late, quarantined, rejected, skipped, lost)
  SELECT 'socmed', topic, partition, 'panels', 'panels', 'panels', 0, sum(records), 1, ${timestamp(endMs - 300_000)} - partition * interval '1 second',
    ${timestamp(endMs)}, sum(records), sum(records) FILTER (WHERE verdict = 'counted'), sum(records) FILTER (WHERE verdict = 'duplicate'),
    sum(records) FILTER (WHERE verdict = 'late'), sum(records) FILTER (WHERE verdict = 'quarantined'),
    sum(records) FILTER (WHERE verdict = 'rejected'), 0, 0
  FROM socmed_verdicts_1m GROUP BY topic, partition`;
