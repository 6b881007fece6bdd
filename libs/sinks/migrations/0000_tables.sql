-- Written by hand: drizzle-kit cannot generate partitioned tables. test/catalog.test.ts compares the result with src/tables.
CREATE TABLE tidemark.definitions (
  hash text PRIMARY KEY,
  definition jsonb NOT NULL
);
--> statement-breakpoint
-- Updated at each checkpoint: half-empty pages keep those updates on their page (HOT).
CREATE TABLE tidemark.checkpoints (
  topic text NOT NULL,
  partition integer NOT NULL,
  group_name text NOT NULL,
  cluster_id text NOT NULL,
  definition_hash text NOT NULL REFERENCES tidemark.definitions (hash),
  start_offset bigint NOT NULL,
  next_offset bigint NOT NULL,
  epoch bigint NOT NULL,
  watermark timestamptz,
  max_event_time timestamptz,
  read bigint NOT NULL DEFAULT 0,
  counted bigint NOT NULL DEFAULT 0,
  duplicate bigint NOT NULL DEFAULT 0,
  late bigint NOT NULL DEFAULT 0,
  quarantined bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  lost bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition),
  -- The row ledger. It can be broken by a bug only, and then the checkpoint must not be written.
  CONSTRAINT ledger_read CHECK (read = counted + duplicate + late + quarantined + rejected),
  CONSTRAINT ledger_offsets CHECK (next_offset - start_offset = read + skipped + lost)
) WITH (fillfactor = 50);
--> statement-breakpoint
CREATE TABLE tidemark.retention (
  table_name text PRIMARY KEY,
  complete_from timestamptz NOT NULL,
  dropped_rows bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
-- No unique index: the compare-and-set on the offset makes the rows exactly-once (docs/decisions).
-- No default partition: attaching a day would have to scan it under a lock.
CREATE TABLE socmed_user_sales (
  id uuid NOT NULL,
  kota text NOT NULL,
  sosial_media text NOT NULL,
  usage_count integer NOT NULL,
  sales integer NOT NULL,
  visitors integer NOT NULL,
  page_visitors integer NOT NULL,
  conversion integer NOT NULL,
  ts timestamptz NOT NULL,
  conversion_rate double precision,
  bounce_rate double precision,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL
) PARTITION BY RANGE (ts);
--> statement-breakpoint
CREATE INDEX socmed_user_sales_ts ON socmed_user_sales USING brin (ts) WITH (pages_per_range = 32);
--> statement-breakpoint
CREATE TABLE socmed_late (
  id uuid NOT NULL,
  kota text NOT NULL,
  sosial_media text NOT NULL,
  usage_count integer NOT NULL,
  sales integer NOT NULL,
  visitors integer NOT NULL,
  page_visitors integer NOT NULL,
  conversion integer NOT NULL,
  ts timestamptz NOT NULL,
  conversion_rate double precision,
  bounce_rate double precision,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  watermark timestamptz NOT NULL,
  missed_by_ms bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE socmed_rejected (
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  bytes bytea,
  reason text NOT NULL,
  field text,
  expected text NOT NULL,
  received text NOT NULL,
  watermark timestamptz
);
--> statement-breakpoint
CREATE TABLE socmed_5s (
  topic text NOT NULL,
  partition integer NOT NULL,
  window_start timestamptz NOT NULL,
  kota text NOT NULL,
  sosial_media text NOT NULL,
  events bigint NOT NULL,
  usage_count bigint NOT NULL,
  sales bigint NOT NULL,
  visitors bigint NOT NULL,
  page_visitors bigint NOT NULL,
  conversion bigint NOT NULL,
  conversion_rate_sum double precision NOT NULL,
  conversion_rate_count bigint NOT NULL,
  bounce_rate_sum double precision NOT NULL,
  bounce_rate_count bigint NOT NULL,
  PRIMARY KEY (topic, partition, window_start, kota, sosial_media)
) WITH (fillfactor = 70);
--> statement-breakpoint
CREATE INDEX socmed_5s_window_start ON socmed_5s (window_start);
--> statement-breakpoint
CREATE TABLE socmed_1m (LIKE socmed_5s INCLUDING ALL) WITH (fillfactor = 70);
--> statement-breakpoint
ALTER INDEX socmed_1m_window_start_idx RENAME TO socmed_1m_window_start;
