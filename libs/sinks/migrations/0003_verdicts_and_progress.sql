-- The row ledger by minute of arrival. Added to at each checkpoint: half-empty pages keep those updates on their page (HOT).
CREATE TABLE socmed_verdicts_1m (
  topic text NOT NULL,
  partition integer NOT NULL,
  window_start timestamptz NOT NULL,
  verdict text NOT NULL,
  detail text NOT NULL,
  records bigint NOT NULL,
  PRIMARY KEY (topic, partition, window_start, verdict, detail)
) WITH (fillfactor = 70);
--> statement-breakpoint
CREATE INDEX socmed_verdicts_1m_window_start ON socmed_verdicts_1m (window_start);
--> statement-breakpoint
-- What consumers observed by the wall clock, outside of any checkpoint.
CREATE TABLE tidemark.progress (
  at timestamptz NOT NULL,
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
--> statement-breakpoint
CREATE INDEX progress_at ON tidemark.progress (at);
--> statement-breakpoint
CREATE VIEW pipeline_progress AS
SELECT at, topic, partition, consumer, seconds, records, checkpoints, checkpoint_ms_sum, checkpoint_ms_max, lag, pauses
FROM tidemark.progress;
