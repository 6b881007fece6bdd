import type { ClientBase } from "pg";

/** Forgets the ids that are free for each claimed partition. A partition without an event keeps them all. */
export interface IdForgetting {
  /** Whether a walk through the table would find so much to delete that it is worth its time. */
  isDue(client: ClientBase): Promise<boolean>;
  /**
   * One transaction's part of a walk through the table, from a block of it on. Does nothing where somebody else is at it, or a
   * partition is claimed for the first time.
   */
  forget(client: ClientBase, fromBlock: number): Promise<Forgotten>;
}

export interface Forgotten {
  /** How many ids went. */
  readonly gone: number;
  /** Where the walk goes on; undefined at its end. */
  readonly nextBlock: number | undefined;
}

/** Of one transaction: some 50,000 ids. */
const BLOCKS_AT_ONCE = 512;
/** A walk begins when about this share of the table is free, by the event times that it spans. */
const WORTHWHILE_SHARE = 0.25;

const epochMs = (time: string) => `floor(extract(epoch FROM ${time}) * 1000)::int8`;

/** `table`: the qualified name of the table of ids. `place`: pipeline and topic, $1 and $2 of `lockKeys`. */
export function createIdForgetting(table: string, place: readonly string[], lockKeys: string): IdForgetting {
  const untilSql = `SELECT CASE WHEN bool_and(watermark IS NOT NULL) THEN ${epochMs("min(watermark)")} END AS until,
      ${epochMs("max(max_event_time)")} AS newest
    FROM tidemark.checkpoints WHERE pipeline = $1 AND topic = $2`;

  return {
    async isDue(client) {
      const { rows } = await client.query<{ due: boolean | null }>(
        `SELECT c.until > f.until AND c.until - f.until >= ${WORTHWHILE_SHARE} * (c.newest - f.until) OR
           (c.until IS NOT NULL AND f.until IS NULL) AS due
         FROM (${untilSql}) AS c
           LEFT JOIN tidemark.forgotten_ids f ON f.pipeline = $1 AND f.topic = $2`,
        [...place],
      );
      return rows[0]?.due === true;
    },

    async forget(client, fromBlock) {
      const { rows: locks } = await client.query<{ locked: boolean }>(
        `SELECT pg_try_advisory_xact_lock(${lockKeys}) AS locked`,
        [...place],
      );
      if (locks[0]?.locked !== true) return { gone: 0, nextBlock: undefined };
      const { rows } = await client.query<{ until: number | null }>(untilSql, [...place]);
      const until = rows[0]?.until ?? null;
      if (until === null) return { gone: 0, nextBlock: undefined };
      await client.query(
        `INSERT INTO tidemark.forgotten_ids AS f (pipeline, topic, until) VALUES ($1, $2, $3)
         ON CONFLICT (pipeline, topic) DO UPDATE SET until = greatest(f.until, excluded.until)`,
        [...place, until],
      );
      const endBlock = fromBlock + BLOCKS_AT_ONCE;
      // Bounds of ctid let Postgres read these blocks alone, and never again what earlier parts of the walk have deleted.
      const { rowCount } = await client.query(
        `DELETE FROM ${table}
         WHERE ctid >= $3::text::tid AND ctid < $4::text::tid AND topic = $1 AND live_until <= $2::int8`,
        [place[1], until, `(${fromBlock},0)`, `(${endBlock},0)`],
      );
      const { rows: sizes } = await client.query<{ blocks: number }>(
        `SELECT (pg_relation_size($1::text::regclass) / current_setting('block_size')::int8)::int8 AS blocks`,
        [table],
      );
      const isEnd = endBlock >= (sizes[0]?.blocks ?? 0);
      return { gone: rowCount ?? 0, nextBlock: isEnd ? undefined : endBlock };
    },
  };
}
