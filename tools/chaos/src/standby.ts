import { execFile } from "node:child_process";
import { appendFile, chmod, chown, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { EmbeddedPostgres } from "@tidemark/embedded-postgres";
import { Client } from "pg";

const run = promisify(execFile);

/** Not of a base backup: what the leader's process and its own standby state are, and WAL, which a standby asks for. */
const left = ["./postmaster.pid", "./postmaster.opts", "./standby.signal", "./pg_wal/*"];
/** tar's exit code where a file changed or went while it was read, which WAL makes good. */
const changedMeanwhile = 1;

export async function askPostgres(databaseUrl: string, text: string): Promise<void> {
  await withClient(databaseUrl, (client) => client.query(text));
}

/** Copies a server at work into a directory, from which a standby of it can be started; what stood there goes. */
export async function makeStandby(leader: EmbeddedPostgres, dataDir: string): Promise<void> {
  const { databaseUrl, dataDir: from, port } = leader;
  const { uid, gid } = await stat(from);
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir);
  await chmod(dataDir, 0o700);
  await chown(dataDir, uid, gid);
  await askPostgres(databaseUrl, "ALTER SYSTEM SET wal_keep_size = '2GB'");
  await askPostgres(databaseUrl, "SELECT pg_reload_conf()");
  const label = await withClient(databaseUrl, async (client) => {
    await client.query("SELECT pg_backup_start('standby', true)");
    await copy(from, dataDir);
    const { rows } = await client.query<{ labelfile: string }>("SELECT labelfile FROM pg_backup_stop(false)");
    return rows[0]?.labelfile ?? "";
  });
  const { username, password } = new URL(databaseUrl);
  const settings = `primary_conninfo = 'host=127.0.0.1 port=${port} user=${username} password=${password}'\n`;
  await appendFile(join(dataDir, "postgresql.auto.conf"), settings);
  for (const [name, content] of [
    ["backup_label", label],
    ["standby.signal", ""],
  ] as const) {
    await writeFile(join(dataDir, name), content);
    await chown(join(dataDir, name), uid, gid);
  }
}

async function copy(from: string, to: string): Promise<void> {
  const archive = `${to}.tar`;
  const excluded = left.map((pattern) => `--exclude=${pattern}`);
  await run("tar", ["-C", from, ...excluded, "-cf", archive, "."]).catch((error: { code?: unknown }) => {
    if (error.code !== changedMeanwhile) throw error;
  });
  await run("tar", ["-C", to, "-xpf", archive]);
  await rm(archive);
}

async function withClient<T>(databaseUrl: string, action: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}
