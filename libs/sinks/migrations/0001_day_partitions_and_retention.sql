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
-- that have one, and never within a window of that size that may still be open. Null where no partition has one.
CREATE FUNCTION tidemark.retention_boundary(of_pipeline text, days integer, window_ms bigint) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT date_trunc('day', min(c.watermark) - greatest(days * interval '24 hours',
    (coalesce(max((d.definition ->> 'allowedLatenessMs')::float8), 0) + window_ms) * interval '1 millisecond'), 'UTC')
  FROM tidemark.checkpoints c JOIN tidemark.definitions d ON d.hash = c.definition_hash
  WHERE c.pipeline = of_pipeline AND c.watermark IS NOT NULL
$$;

-- Drops the partitions that end at or before that boundary, the 50 oldest of them, since a transaction cannot lock any number of
-- tables. Notes how many rows that were; nothing where another session is at it. `boundary` is where the rows that are left
-- begin, and `has_more` says that there are more to drop. Fails with lock_not_available or serialization_failure where it has to be tried again.
CREATE FUNCTION tidemark.drop_days(parent regclass, of_pipeline text, days integer, window_ms bigint,
  OUT is_ours boolean, OUT boundary timestamptz, OUT dropped bigint, OUT has_more boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms' SET TimeZone = 'UTC' SET DateStyle = 'ISO' AS $$
DECLARE
  begun bigint;
  old regclass[];
  ends timestamptz[];
  child regclass;
  counted bigint;
  is_locked boolean := false;
BEGIN
  dropped := 0;
  has_more := false;
  PERFORM tidemark.assert_owned(parent, 'DELETE');
  is_ours := pg_try_advisory_xact_lock(7415064);
  IF NOT is_ours THEN RETURN; END IF;
  SELECT count(watermark) INTO begun FROM tidemark.checkpoints WHERE pipeline = of_pipeline;
  boundary := tidemark.retention_boundary(of_pipeline, days, window_ms);
  SELECT array_agg(child_table ORDER BY ends_at), array_agg(ends_at ORDER BY ends_at) INTO old, ends FROM (
    SELECT inhrelid::regclass AS child_table,
      substring(pg_get_expr(relpartbound, inhrelid) FROM 'TO \(''([^'']+)''\)')::timestamptz AS ends_at
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = parent) AS children
  WHERE ends_at <= boundary;
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
  -- Only the first events of a partition may be older than a boundary: then it was drawn, and its rows counted, too early.
  IF begun <> (SELECT count(watermark) FROM tidemark.checkpoints WHERE pipeline = of_pipeline) THEN
    RAISE EXCEPTION 'a partition had its first event meanwhile' USING ERRCODE = 'serialization_failure';
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
  tidemark.drop_days(regclass, text, integer, bigint), tidemark.retention_boundary(text, integer, bigint) FROM PUBLIC;
