-- Hours beside minutes, so that weeks and months are read from a sixtieth of the rows.
CREATE TABLE socmed_1h (LIKE socmed_1m INCLUDING ALL) WITH (fillfactor = 70);
--> statement-breakpoint
ALTER INDEX socmed_1h_window_start_idx RENAME TO socmed_1h_window_start;
--> statement-breakpoint
CREATE VIEW socmed_1h_total AS
SELECT r.topic, r.window_start, r.kota, r.sosial_media,
  sum(r.events)::int8 AS events,
  sum(r.usage_count)::int8 AS usage_count,
  sum(r.sales)::int8 AS sales,
  sum(r.visitors)::int8 AS visitors,
  sum(r.page_visitors)::int8 AS page_visitors,
  sum(r.conversion)::int8 AS conversion,
  sum(r.conversion_rate_sum) AS conversion_rate_sum,
  sum(r.conversion_rate_count)::int8 AS conversion_rate_count,
  sum(r.bounce_rate_sum) AS bounce_rate_sum,
  sum(r.bounce_rate_count)::int8 AS bounce_rate_count,
  bool_and(r.window_start + interval '1 hour' <= c.watermark) AS closed
FROM socmed_1h r JOIN tidemark.checkpoints c ON c.topic = r.topic AND c.partition = r.partition
GROUP BY r.topic, r.window_start, r.kota, r.sosial_media;
--> statement-breakpoint
CREATE TABLE socmed_verdicts_1h (LIKE socmed_verdicts_1m INCLUDING ALL) WITH (fillfactor = 70);
--> statement-breakpoint
ALTER INDEX socmed_verdicts_1h_window_start_idx RENAME TO socmed_verdicts_1h_window_start;
