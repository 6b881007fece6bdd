import { createServer } from "node:net";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, escapeIdentifier, type ClientConfig } from "pg";
import { type Account, findAccount } from "./account.js";
import { type Binaries, prepareBinaries, useBinaries } from "./binaries.js";
import { ensureCluster, superuser } from "./cluster.js";
import { EmbeddedPostgresError, explainFailure, requireDataDir } from "./errors.js";
import { endLeftover, readPostmasterFile, stopPostmaster } from "./leftover.js";
import { placeDataDir, reachableBase } from "./placement.js";
import { supervise } from "./supervisor.js";

export interface PostgresOptions {
  /** Made when missing. Below a directory that Postgres's OS user may not enter it becomes a link to one elsewhere. */
  readonly dataDir: string;
  /** A directory with another installation's `initdb` and `postgres`; absent: those from npm. `findInstalledPostgres` finds some. */
  readonly binDir?: string;
  /** 0 or absent: any that is free. */
  readonly port?: number;
  /** Made when missing. Default `tidemark`. */
  readonly database?: string;
  /** Postgres settings, such as `{ shared_buffers: "1GB" }`; they replace the defaults of this library. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Gets what this library does out of the ordinary, and every line that Postgres prints. */
  readonly log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** With user and password; the user is the superuser. */
  readonly databaseUrl: string;
  readonly port: number;
  /** The postmaster's. */
  readonly pid: number;
  /** Where the data really lie. */
  readonly dataDir: string;
  /** Resolves when Postgres has ended, by `close` or otherwise, to the last lines that it printed. */
  readonly ended: Promise<readonly string[]>;
  /** Fast shutdown: open transactions are rolled back. Resolves when the process is gone; may be called again. */
  close(): Promise<void>;
}

/** For a developer's machine that loads much by COPY. fsync stays on. */
const defaultSettings: Readonly<Record<string, string>> = {
  shared_buffers: "256MB",
  max_wal_size: "2GB",
  checkpoint_timeout: "15min",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
};

interface Place {
  readonly dataDir: string;
  readonly account: Account | undefined;
  readonly binaries: Binaries;
  readonly log: (line: string) => void;
}

/**
 * Starts a real Postgres that listens on 127.0.0.1 alone and ends with this process, even when that is killed.
 *
 * Takes over a directory that was left by a killed process. Throws EmbeddedPostgresError, and then leaves nothing
 * running.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  requireDataDir(options);
  const log = options.log ?? (() => undefined);
  const wanted = resolve(options.dataDir);
  const account = await findAccount(wanted, log);
  const dataDir = await placeDataDir(wanted, account, reachableBase, log);
  const { binDir } = options;
  const binaries = await (binDir === undefined
    ? prepareBinaries(account, reachableBase, log)
    : useBinaries(resolve(binDir), account));
  const password = await ensureCluster(dataDir, binaries, account, log);
  await endLeftover(dataDir, log);

  const server = await launchOnFreePort({ dataDir, account, binaries, log }, options);
  const database = options.database ?? "tidemark";
  const url = (name: string): string =>
    `postgresql://${superuser}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(name)}`;
  try {
    await ensureDatabase(url("postgres"), database);
  } catch (error) {
    await server.close();
    throw error;
  }
  return { ...server, dataDir, databaseUrl: url(database) };
}

type Server = Omit<EmbeddedPostgres, "databaseUrl" | "dataDir">;

async function launchOnFreePort(place: Place, options: PostgresOptions): Promise<Server> {
  const wanted = options.port ?? 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(place, wanted === 0 ? await findFreePort() : wanted, options.settings ?? {});
    } catch (error) {
      if (!(error instanceof EmbeddedPostgresError) || attempt === 20) throw error;
      // Between its choice and its use somebody else may have taken the free port.
      const raced = error.code === "port-in-use" && wanted === 0;
      // The backends of a postmaster that was killed live on for a moment; and one that starts makes its file first, and
      // then writes who it is.
      const early = /pre-existing shared memory block|lock file "postmaster\.pid" is empty/.test(error.message);
      if (!raced && !early) throw error;
      if (early) await delay(250);
    }
  }
}

async function launch(place: Place, port: number, settings: Readonly<Record<string, string>>): Promise<Server> {
  const { dataDir, log } = place;
  const fixed = { listen_addresses: "127.0.0.1", port: String(port), unix_socket_directories: "" };
  const flags = Object.entries({ ...defaultSettings, ...settings, ...fixed }).flatMap(([key, value]) => [
    "-c",
    `${key}=${value}`,
  ]);
  const server = supervise(place.binaries.postgres, ["-D", dataDir, ...flags], {
    account: place.account,
    cwd: dataDir,
    onLine: log,
  });
  const ended = server.ended.then((end) => end.lines);
  const pid = await server.pid;
  for (;;) {
    const file = await readPostmasterFile(dataDir);
    if (server.hasEnded()) {
      throw explainFailure(`Postgres did not start on 127.0.0.1:${port}, in ${dataDir}`, await ended, "start-failed");
    }
    if (file?.status === "ready" && file.pid === pid) {
      const close = async (): Promise<void> => {
        await stopPostmaster(pid, dataDir);
        server.stop();
        await ended;
      };
      return { port, pid, ended, close };
    }
    await delay(10);
  }
}

/** A client without the `PG*` variables that `pg` reads, which are for other servers. */
class OwnClient extends Client {
  constructor(serverUrl: string) {
    const config: ClientConfig & { readonly sslnegotiation: string } = {
      connectionString: serverUrl,
      connectionTimeoutMillis: 30_000,
      ssl: false,
      sslnegotiation: "postgres",
    };
    super(config);
  }

  /** Called by `pg`. */
  getStartupConf(): { readonly user: string | undefined; readonly database: string | undefined } {
    return { user: this.user, database: this.database };
  }
}

async function ensureDatabase(serverUrl: string, database: string): Promise<void> {
  const client = new OwnClient(serverUrl);
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolvePort(port));
    });
  });
}
