import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@tidemark/embedded-postgres";
import { Client } from "pg";

/** A real Postgres for one test file; each test takes an empty database of its own. */
export interface TestServer {
  createDatabase(): Promise<string>;
  query(databaseUrl: string, text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** On the embedded Postgres, or on the binaries of `binDir`. */
export async function startTestServer(binDir?: string): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-sinks-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const server = await startPostgres({
    dataDir: join(directory, "data"),
    settings: { fsync: "off" },
    ...(binDir !== undefined && { binDir }),
  });
  let databases = 0;

  async function query(databaseUrl: string, text: string, values: unknown[] = []) {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  return {
    async createDatabase() {
      databases += 1;
      await query(server.databaseUrl, `CREATE DATABASE test_${databases}`);
      const url = new URL(server.databaseUrl);
      url.pathname = `/test_${databases}`;
      return url.href;
    },
    query,
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
