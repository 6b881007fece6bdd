import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@tidemark/embedded-postgres";
import { Client } from "pg";

/** A real Postgres with one database for one test file. */
export interface TestServer {
  readonly databaseUrl: string;
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function startTestServer(): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-panels-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const server = await startPostgres({ dataDir: join(directory, "data"), settings: { fsync: "off" } });
  const client = new Client({ connectionString: server.databaseUrl });
  await client.connect();
  return {
    databaseUrl: server.databaseUrl,
    query: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    async close() {
      await client.end();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
