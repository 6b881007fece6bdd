-- These functions do what needs the owner's rights, so that a writer needs none of them. Each call is one statement: a client
-- that is stopped meanwhile holds no lock, since the server ends the transaction without it.

-- They run with their owner's rights, and so on tables of the owner's alone: on anybody else's, reading a row or making a
-- partition could run that one's code (policies, triggers, defaults) with those rights.
CREATE FUNCTION tidemark.assert_owned(parent regclass, needed text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE pg_class.oid = parent AND rolname = current_user) THEN
    RAISE EXCEPTION 'permission denied: % is not owned by the owner of schema tidemark', parent USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT has_table_privilege(session_user, parent, needed) THEN
    RAISE EXCEPTION 'permission denied: % has no % on %', session_user, needed, parent USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

CREATE FUNCTION tidemark.make_day(parent regclass, day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  child text;
BEGIN
  PERFORM tidemark.assert_owned(parent, 'INSERT');
  SELECT format('%I.%I', nspname, relname || '_' || to_char(day, 'YYYYMMDD')) INTO child
  FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE pg_class.oid = parent;
  -- Writers that want the same day queue here.
  PERFORM pg_advisory_xact_lock(7415063);
  IF EXISTS (SELECT FROM pg_inherits WHERE inhparent = parent AND inhrelid = to_regclass(child)) THEN RETURN; END IF;
  -- Made detached and then attached: that takes no lock which a COPY into another day waits for.
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', child, parent);
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', parent, child,
    to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
END $$;

-- The whole UTC day before which a pipeline has to keep nothing: so many days behind the lowest watermark of all its partitions
-- that have one and are not passed over as quiet (the highest one where all are), and never within a window of that size that may
-- still be open. Null where no partition has one. What passed-over partitions need is not behind it: see retention_kept.
CREATE FUNCTION tidemark.retention_boundary(of_pipeline text, days integer, window_ms bigint) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT date_trunc('day', coalesce(min(s.watermark) FILTER (WHERE NOT s.is_quiet), max(s.watermark)) - greatest(days * interval '24 hours',
    (coalesce(max((d.definition ->> 'allowedLatenessMs')::float8), 0) + window_ms) * interval '1 millisecond'), 'UTC')
  FROM tidemark.partition_states s JOIN tidemark.definitions d ON d.hash = s.definition_hash
  WHERE s.pipeline = of_pipeline AND s.watermark IS NOT NULL
$$;

-- Before such a boundary, what partitions that were passed over still need, whatever their age: open windows and live ids, from the
-- one time to the other. Nothing of it may go, since a claim reads it back.
CREATE FUNCTION tidemark.retention_kept(of_pipeline text, before timestamptz, window_ms bigint)
RETURNS TABLE (topic text, partition integer, needed_from timestamptz, needed_to timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT topic, partition, needed_from, needed_to FROM (
    SELECT c.topic, c.partition, c.max_event_time AS needed_to,
      c.watermark - (coalesce((d.definition ->> 'allowedLatenessMs')::float8, 0) + window_ms) * interval '1 millisecond' AS needed_from
    FROM tidemark.checkpoints c JOIN tidemark.definitions d ON d.hash = c.definition_hash
    WHERE c.pipeline = of_pipeline AND c.watermark IS NOT NULL) AS needs
  WHERE needed_from < before
$$;

-- Names how far each partition is that can still get rows from before a boundary: it has had no event, or was passed over.
CREATE FUNCTION tidemark.retention_begun(of_pipeline text, before timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(string_agg(topic || ' ' || partition || ' ' || next_offset, ',' ORDER BY topic, partition)
    FILTER (WHERE watermark < before OR watermark IS NULL), '') || count(watermark)
  FROM tidemark.checkpoints WHERE pipeline = of_pipeline
$$;

-- Drops the partitions that end at or before that boundary, but for days that retention_kept names: the 50 oldest of them, since a
-- transaction cannot lock any number of tables. Notes how many rows that were; nothing where another session is at it. `boundary` is where the rows that are left
-- begin, and `has_more` says that there are more to drop. Fails with lock_not_available or serialization_failure where it has to be tried again.
CREATE FUNCTION tidemark.drop_days(parent regclass, of_pipeline text, days integer, window_ms bigint,
  OUT is_ours boolean, OUT boundary timestamptz, OUT dropped bigint, OUT has_more boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms' SET TimeZone = 'UTC' SET DateStyle = 'ISO' AS $$
DECLARE
  begun text;
  old regclass[];
  ends timestamptz[];
  child regclass;
  counted bigint;
  is_locked boolean := false;
  drawn timestamptz;
BEGIN
  dropped := 0;
  has_more := false;
  PERFORM tidemark.assert_owned(parent, 'DELETE');
  is_ours := pg_try_advisory_xact_lock(7415064);
  IF NOT is_ours THEN RETURN; END IF;
  boundary := tidemark.retention_boundary(of_pipeline, days, window_ms);
  drawn := boundary;
  begun := tidemark.retention_begun(of_pipeline, drawn);
  SELECT array_agg(child_table ORDER BY ends_at), array_agg(ends_at ORDER BY ends_at) INTO old, ends FROM (
    SELECT inhrelid::regclass AS child_table,
      substring(pg_get_expr(relpartbound, inhrelid) FROM 'TO \(''([^'']+)''\)')::timestamptz AS ends_at
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = parent) AS children
  WHERE ends_at <= boundary AND NOT EXISTS (
    SELECT FROM tidemark.retention_kept(of_pipeline, drawn, window_ms) WHERE needed_to >= ends_at - interval '24 hours' AND needed_from < ends_at);
  IF old IS NULL THEN RETURN; END IF;
  IF cardinality(old) > 50 THEN
    has_more := true;
    boundary := ends[50];
    old := old[1:50];
  END IF;
  FOREACH child IN ARRAY old LOOP
    EXECUTE format('SELECT count(*) FROM %s', child) INTO counted;
    dropped := dropped + counted;
  END LOOP;
  -- Whoever writes queues behind a lock that is waited for: for lock_timeout at most, and then goes on for a while.
  FOR attempt IN 1..10 LOOP
    BEGIN
      EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', parent);
      is_locked := true;
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.2 + random() * 0.4);
    END;
  END LOOP;
  IF NOT is_locked THEN
    RAISE EXCEPTION '% is in use', parent USING ERRCODE = 'lock_not_available';
  END IF;
  -- Only partitions without an event, or that were passed over, can get rows before a boundary: then these were counted too early.
  IF begun <> tidemark.retention_begun(of_pipeline, drawn) THEN
    RAISE EXCEPTION 'a partition had old events meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  FOREACH child IN ARRAY old LOOP
    EXECUTE format('DROP TABLE %s', child);
  END LOOP;
  IF dropped = 0 THEN RETURN; END IF;
  INSERT INTO tidemark.retention AS r (pipeline, table_name, complete_from, dropped_rows)
  SELECT of_pipeline, relname, boundary, dropped FROM pg_class WHERE oid = parent
  ON CONFLICT (pipeline, table_name) DO UPDATE SET complete_from = greatest(r.complete_from, excluded.complete_from),
    dropped_rows = r.dropped_rows + excluded.dropped_rows, updated_at = now();
END $$;

REVOKE ALL ON FUNCTION tidemark.assert_owned(regclass, text), tidemark.make_day(regclass, date),
  tidemark.drop_days(regclass, text, integer, bigint), tidemark.retention_boundary(text, integer, bigint),
  tidemark.retention_kept(text, timestamptz, bigint), tidemark.retention_begun(text, timestamptz) FROM PUBLIC;
