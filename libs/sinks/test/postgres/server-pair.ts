import { execFile } from "node:child_process";
import { appendFile, chmod, chown, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startPostgres, type EmbeddedPostgres } from "@tidemark/embedded-postgres";
import { until } from "@tidemark/testkit";
import { Client } from "pg";

const run = promisify(execFile);

/** A primary and its hot standby, two real servers. */
export interface ServerPair {
  readonly primary: EmbeddedPostgres;
  readonly standby: EmbeddedPostgres;
  /** Resolves once the standby has all that the primary has written. */
  replicate(): Promise<void>;
  /** The standby becomes a primary. */
  promote(): Promise<void>;
  /** Stops the old primary and starts it on the same port as the standby of the new one. */
  demote(): Promise<void>;
  close(): Promise<void>;
}

export async function query(databaseUrl: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

export async function startServerPair(): Promise<ServerPair> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-pair-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const options = (name: string, port = 0) => ({ dataDir: join(directory, name), port, settings: { fsync: "off" } });
  let primary = await startPostgres(options("one"));
  await primary.close();
  await run("cp", ["-a", primary.dataDir, join(directory, "two")]);
  primary = await startPostgres(options("one", primary.port));
  await follow(join(directory, "two"), primary);
  const standby = await startPostgres(options("two"));
  const ask = async (server: EmbeddedPostgres, text: string) =>
    (await query(server.databaseUrl, `SELECT ${text} AS it`))[0]?.["it"];

  return {
    get primary() {
      return primary;
    },
    standby,
    async replicate() {
      const written = String(await ask(primary, "pg_current_wal_lsn()"));
      await until(async () => (await ask(standby, `pg_last_wal_replay_lsn() >= '${written}'`)) === true);
    },
    async promote() {
      await ask(standby, "pg_promote()");
    },
    async demote() {
      await primary.close();
      await follow(primary.dataDir, standby);
      primary = await startPostgres(options("one", primary.port));
    },
    async close() {
      await Promise.all([primary.close(), standby.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The cluster becomes a standby at its next start. */
async function follow(dataDir: string, leader: EmbeddedPostgres): Promise<void> {
  const { username, password, port } = new URL(leader.databaseUrl);
  const signal = join(dataDir, "standby.signal");
  await writeFile(signal, "");
  const { uid, gid } = await stat(dataDir);
  await chown(signal, uid, gid);
  await appendFile(
    join(dataDir, "postgresql.auto.conf"),
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=${username} password=${password}'\n`,
  );
}
