import { chown, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startPostgres, type EmbeddedPostgres } from "@tidemark/embedded-postgres";
import { askPostgres, makeStandby } from "./standby.js";
import type { Secrets } from "./secrets.js";
import { keepServer, type Server, type ServerOptions } from "./server.js";

export interface PostgresServer extends Server {
  /** Of the server that was there first, without a proxy between. */
  readonly databaseUrl: string;
  /** SIGKILL; the standby becomes the server that takes writes, on its own port. Its last transactions may be missing there. */
  failOver(): Promise<void>;
  /** Makes a standby of the present server. */
  follow(): Promise<void>;
}

export interface PostgresPlace extends ServerOptions {
  readonly directory: string;
  /** Of the server, and of its standby. */
  readonly ports: readonly [number, number];
  /** Another installation's binaries; null: those from npm. */
  readonly binDir: string | null;
  /** TLS; undefined: none. */
  readonly secrets: Secrets | undefined;
  readonly onFailOver: (port: number) => void;
}

/** Throws EmbeddedPostgresError where it cannot be had. */
export async function createPostgresServer(place: PostgresPlace): Promise<PostgresServer> {
  const { directory, ports, binDir, secrets, guard, onFailOver } = place;
  const [first, second] = ports;
  const dataDirOf = (port: number): string => join(directory, port === first ? "postgres" : "postgres-standby");
  const start = (port: number): Promise<EmbeddedPostgres> =>
    startPostgres({ dataDir: dataDirOf(port), port, ...(binDir !== null && { binDir }) });
  let current = await start(first);
  let standby: EmbeddedPostgres | undefined;
  let promoted: EmbeddedPostgres | undefined;
  const { databaseUrl } = current;
  if (secrets !== undefined) await offerTls(current, secrets);

  async function launch(): Promise<EmbeddedPostgres> {
    current = promoted ?? (await start(current.port));
    promoted = undefined;
    return current;
  }

  const server = keepServer(current, launch, place);
  return {
    databaseUrl,
    ...server,
    async failOver() {
      if (standby === undefined) throw new Error("Postgres has no standby.");
      await server.signal("SIGKILL");
      await askPostgres(standby.databaseUrl, "SELECT pg_promote()");
      guard.remove(standby.pid);
      promoted = standby;
      standby = undefined;
      await server.start();
      onFailOver(current.port);
    },
    async follow() {
      const port = current.port === first ? second : first;
      await makeStandby(current, dataDirOf(port));
      standby = await start(port);
      guard.add(standby.pid);
    },
    async close() {
      await server.close();
      await standby?.close();
    },
  };
}

/** By Postgres's own names for the files. A standby gets them with the data. */
async function offerTls({ dataDir, databaseUrl }: EmbeddedPostgres, { certificate }: Secrets): Promise<void> {
  const { uid, gid } = await stat(dataDir);
  for (const [name, content] of [
    ["server.crt", certificate.chain],
    ["server.key", certificate.key],
  ] as const) {
    const path = join(dataDir, name);
    await writeFile(path, content, { mode: 0o600 });
    await chown(path, uid, gid);
  }
  await askPostgres(databaseUrl, "ALTER SYSTEM SET ssl = on");
  await askPostgres(databaseUrl, "SELECT pg_reload_conf()");
}
