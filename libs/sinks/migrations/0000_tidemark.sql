-- Definitions of pipelines by hash; a checkpoint names the one that its tables were written with.
-- json, not jsonb: the order of columns and aggregates is kept.
CREATE TABLE tidemark.definitions (
  hash text PRIMARY KEY,
  definition json NOT NULL
);

-- What tells this database from others: consumers that write to different ones must not share a consumer group.
CREATE TABLE tidemark.database (
  id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO tidemark.database DEFAULT VALUES;

-- Updated at each checkpoint: half-empty pages keep those updates on their page (HOT).
CREATE TABLE tidemark.checkpoints (
  pipeline text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  group_name text NOT NULL,
  cluster_id text NOT NULL,
  definition_hash text NOT NULL REFERENCES tidemark.definitions (hash),
  start_offset bigint NOT NULL,
  next_offset bigint NOT NULL,
  epoch bigint NOT NULL,
  -- The process of the newest claim.
  owner text NOT NULL DEFAULT '',
  -- The newest record that was read: {"offset", "timestampMs", "digest"}. Tells the log from one that was made anew.
  last_record json,
  watermark timestamptz,
  max_event_time timestamptz,
  read bigint NOT NULL DEFAULT 0,
  counted bigint NOT NULL DEFAULT 0,
  duplicate bigint NOT NULL DEFAULT 0,
  late bigint NOT NULL DEFAULT 0,
  quarantined bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  refused bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  lost bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, topic, partition),
  -- The row ledger. It can be broken by a bug only, and then the checkpoint must not be written.
  CONSTRAINT ledger_read CHECK (read = counted + duplicate + late + quarantined + rejected + refused),
  CONSTRAINT ledger_offsets CHECK (next_offset - start_offset = read + skipped + lost)
) WITH (fillfactor = 50);

-- Partitions that a consumer has seen to be fully read and quiet for as long as its option says, at `observed_at` and for `quiet_ms`
-- by the consumer's own clock. It renews them while that is so.
CREATE TABLE tidemark.quiet_partitions (
  pipeline text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  epoch bigint NOT NULL,
  next_offset bigint NOT NULL,
  quiet_ms bigint NOT NULL,
  observed_at timestamptz NOT NULL,
  PRIMARY KEY (pipeline, topic, partition)
) WITH (fillfactor = 50);

-- Up to when windows are shown as closed, where quiet partitions are passed over. It never falls, but by a rebuild.
CREATE TABLE tidemark.closed_windows (
  pipeline text NOT NULL,
  topic text NOT NULL,
  closed_to timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, topic)
) WITH (fillfactor = 50);

-- What of a partition's windows is in rows that hold several partitions' windows (partition -1 of a rollup's table).
CREATE TABLE tidemark.merged_windows (
  pipeline text NOT NULL,
  topic text NOT NULL,
  rollup text NOT NULL,
  partition integer NOT NULL,
  -- Windows that were closed by then have been looked at.
  merged_to timestamptz NOT NULL,
  -- Counted events of the partition in such rows. A claim adds them to those of the partition's own rows.
  events bigint NOT NULL,
  -- The newest window of the coarsest rollup in which such events lie, and how many of them lie there.
  since timestamptz,
  events_since bigint NOT NULL,
  PRIMARY KEY (pipeline, topic, rollup, partition)
) WITH (fillfactor = 50);

-- Which partitions are passed over now. A claim, a commit, 15 s without a consumer that says so, and a clock that is set end it: then
-- the partition holds back again, until it has been seen once more to be fully read.
CREATE VIEW tidemark.partition_states AS
SELECT c.pipeline, c.topic, c.partition, c.definition_hash, c.next_offset, c.watermark, c.max_event_time, q.quiet_ms,
  q.partition IS NOT NULL AS is_quiet
FROM tidemark.checkpoints c LEFT JOIN tidemark.quiet_partitions q
  ON q.pipeline = c.pipeline AND q.topic = c.topic AND q.partition = c.partition AND q.epoch = c.epoch AND q.next_offset = c.next_offset
  AND q.observed_at > now() - interval '15 seconds' AND q.observed_at < now() + interval '15 seconds';

-- Records that a person has left out by a rebuild: each claim reads them, and the verifier likewise.
CREATE TABLE tidemark.exclusions (
  pipeline text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, topic, partition, "offset")
);

-- How far the ids of a topic were forgotten, where they are unique over all of its partitions: those that live until then (epoch ms)
-- or less may be gone.
CREATE TABLE tidemark.forgotten_ids (
  pipeline text NOT NULL,
  topic text NOT NULL,
  until bigint NOT NULL,
  PRIMARY KEY (pipeline, topic)
);

-- After a rebuild of some of the partitions, rows that were dropped before have come and gone again: `dropped_rows` counts them twice.
CREATE TABLE tidemark.retention (
  pipeline text NOT NULL,
  table_name text NOT NULL,
  complete_from timestamptz NOT NULL,
  dropped_rows bigint NOT NULL DEFAULT 0,
  rebuilt boolean NOT NULL DEFAULT false,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, table_name)
);

-- The tables and views that belong to pipelines, and the SQL that made each.
CREATE TABLE tidemark.tables (
  schema_name text NOT NULL,
  table_name text NOT NULL,
  pipeline text NOT NULL,
  definition_hash text NOT NULL REFERENCES tidemark.definitions (hash),
  ddl text NOT NULL,
  PRIMARY KEY (schema_name, table_name)
);

-- Observed by the wall clock, outside of any checkpoint.
CREATE TABLE tidemark.progress (
  at timestamptz NOT NULL,
  pipeline text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  consumer text NOT NULL,
  seconds double precision NOT NULL,
  records bigint NOT NULL,
  checkpoints integer NOT NULL,
  checkpoint_ms_sum double precision NOT NULL,
  checkpoint_ms_max double precision NOT NULL,
  lag bigint NOT NULL,
  pauses integer NOT NULL
);
CREATE INDEX progress_at ON tidemark.progress (at);

CREATE VIEW tidemark.pipeline_progress AS
SELECT at, pipeline, topic, partition, consumer, seconds, records, checkpoints, checkpoint_ms_sum, checkpoint_ms_max, lag, pauses
FROM tidemark.progress;

CREATE VIEW tidemark.pipeline_health AS
SELECT c.pipeline, c.topic, c.partition, group_name, start_offset, c.next_offset, epoch, c.watermark, c.max_event_time,
  read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost, c.updated_at,
  NOT s.is_quiet AND c.watermark = min(c.watermark) FILTER (WHERE NOT s.is_quiet) OVER (PARTITION BY c.pipeline, c.topic) AS holds_watermark,
  s.is_quiet AS quiet, k.closed_to
FROM tidemark.checkpoints c
JOIN tidemark.partition_states s ON s.pipeline = c.pipeline AND s.topic = c.topic AND s.partition = c.partition
LEFT JOIN tidemark.closed_windows k ON k.pipeline = c.pipeline AND k.topic = c.topic;
