-- Sums over the partitions of a topic. `closed`: no partition that holds a part of the window takes another event for it
-- (with no allowed lateness).
CREATE VIEW socmed_5s_total AS
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
  bool_and(r.window_start + interval '5 seconds' <= c.watermark) AS closed
FROM socmed_5s r JOIN tidemark.checkpoints c ON c.topic = r.topic AND c.partition = r.partition
GROUP BY r.topic, r.window_start, r.kota, r.sosial_media;
--> statement-breakpoint
CREATE VIEW socmed_1m_total AS
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
  bool_and(r.window_start + interval '1 minute' <= c.watermark) AS closed
FROM socmed_1m r JOIN tidemark.checkpoints c ON c.topic = r.topic AND c.partition = r.partition
GROUP BY r.topic, r.window_start, r.kota, r.sosial_media;
--> statement-breakpoint
CREATE VIEW pipeline_health AS
SELECT topic, partition, group_name, start_offset, next_offset, epoch, watermark, max_event_time,
  read, counted, duplicate, late, quarantined, rejected, skipped, lost, updated_at,
  watermark = min(watermark) OVER (PARTITION BY topic) AS holds_watermark
FROM tidemark.checkpoints;
