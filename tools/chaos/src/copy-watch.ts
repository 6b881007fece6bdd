import { Pool } from "pg";

/** Sees in Postgres who is in the middle of a COPY. */
export interface CopyWatch {
  /** The backend of one of these connections, by the clients' ports, that is in the middle of a COPY; Postgres away: none. null: of any. */
  find(ports: readonly number[] | null): Promise<number | undefined>;
  close(): Promise<void>;
}

const question = `SELECT pid FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
  WHERE command = 'COPY FROM' AND ($1::int[] IS NULL OR client_port = ANY($1)) LIMIT 1`;
const patienceMs = 2_000;

export function createCopyWatch(databaseUrl: string): CopyWatch {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: 4,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    application_name: "tidemark-chaos",
  });
  // An idle connection that breaks is replaced at its next use.
  pool.on("error", () => undefined);
  return {
    async find(ports) {
      try {
        const { rows } = await pool.query<{ pid: number }>(question, [ports]);
        return rows[0]?.pid;
      } catch {
        return undefined;
      }
    },
    close: () => pool.end(),
  };
}
