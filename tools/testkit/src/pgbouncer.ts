import { execFile, spawn } from "node:child_process";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "./until.js";

const run = promisify(execFile);

/** Whether PgBouncer is installed; tests that need it are skipped by name where it is not. */
export const hasPgbouncer = await run("pgbouncer", ["--version"]).then(
  () => true,
  () => false,
);

export type PoolMode = "session" | "transaction" | "statement";

export interface Pgbouncer {
  /** The same address with the pooler in place of the server. */
  through(databaseUrl: string): string;
  close(): Promise<void>;
}

export interface PgbouncerOptions {
  /** Statements by which each session of the server begins. */
  readonly connectQuery?: string;
}

/** A PgBouncer on a free port of 127.0.0.1, in front of the server of that address. `settings` are those of its `[pgbouncer]`. */
export async function startPgbouncer(
  databaseUrl: string,
  mode: PoolMode,
  settings: Readonly<Record<string, string>> = {},
  { connectQuery }: PgbouncerOptions = {},
): Promise<Pgbouncer> {
  const server = new URL(databaseUrl);
  const directory = await mkdtemp(join(tmpdir(), "tidemark-pgbouncer-"));
  const port = await findFreePort();
  const given = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "any",
    pool_mode: mode,
    server_tls_sslmode: "disable",
    // Tests have many databases, and a server takes a hundred connections.
    server_idle_timeout: "2",
    ...settings,
  };
  const lines = Object.entries(given).map(([name, value]) => `${name} = ${value}`);
  const begun = connectQuery === undefined ? "" : ` connect_query='${connectQuery.replaceAll("'", "''")}'`;
  const target = `host=127.0.0.1 port=${server.port} user=${server.username} password=${server.password}`;
  const file = join(directory, "pgbouncer.ini");
  await writeFile(file, `[databases]\n* = ${target}${begun}\n\n[pgbouncer]\n${lines.join("\n")}\n`);
  // It does not run as root.
  const account = process.getuid?.() === 0 ? await nobody() : undefined;
  await chmod(directory, 0o755);
  if (account !== undefined) await chown(directory, account.uid, account.gid);
  const child = spawn("pgbouncer", [file], { stdio: ["ignore", "ignore", "pipe"], ...account });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => void (said += bytes.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const describe = (): string => said;
  await until(() => child.exitCode !== null || canConnect(port), { limitMs: 30_000, describe });
  if (child.exitCode !== null) throw new Error(`PgBouncer did not start: ${said}`);
  return {
    through(address) {
      const url = new URL(address);
      url.port = String(port);
      return url.href;
    },
    async close() {
      child.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function nobody(): Promise<{ readonly uid: number; readonly gid: number }> {
  const [uid, gid] = await Promise.all(["-u", "-g"].map(async (flag) => (await run("id", [flag, "nobody"])).stdout));
  return { uid: Number(uid), gid: Number(gid) };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
