import { Client } from "pg";

/** Sees in Postgres who is in the middle of a COPY. */
export interface CopyWatch {
  /** The backend of one of these connections, by the clients' ports, that is in the middle of a COPY; Postgres away: none. */
  find(ports: readonly number[]): Promise<number | undefined>;
  close(): Promise<void>;
}

const question = `SELECT pid FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
  WHERE command = 'COPY FROM' AND client_port = ANY($1) LIMIT 1`;
const patienceMs = 2_000;

export function createCopyWatch(databaseUrl: string): CopyWatch {
  let client: Client | undefined;

  async function connect(): Promise<Client> {
    const made = new Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      application_name: "tidemark-chaos",
    });
    made.on("error", () => undefined);
    await made.connect();
    return made;
  }

  async function drop(): Promise<void> {
    const dropped = client;
    client = undefined;
    await dropped?.end().catch(() => undefined);
  }

  return {
    async find(ports) {
      try {
        client ??= await connect();
        const { rows } = await client.query<{ pid: number }>(question, [ports]);
        return rows[0]?.pid;
      } catch {
        await drop();
        return undefined;
      }
    },
    close: drop,
  };
}
