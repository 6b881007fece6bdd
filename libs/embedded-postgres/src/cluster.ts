import { randomBytes } from "node:crypto";
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Account } from "./account.js";
import type { Binaries } from "./binaries.js";
import { EmbeddedPostgresError, explainFailure } from "./errors.js";
import { isAlive } from "./process-table.js";
import { supervise } from "./supervisor.js";

/** The superuser of every cluster made here. */
export const superuser = "postgres";

// Postgres leaves files that it doesn't know alone. Kept inside, the password can't be parted from its data.
const passwordFile = "tidemark-password";

/**
 * Makes the cluster where there is none yet, and returns its superuser's password.
 *
 * A cluster appears whole or not at all: it is made beside its place and renamed. Of two callers at once, the slower one
 * takes what the faster one made. Throws `unusable-directory`, `wrong-version`, `initdb-failed` and `disk-full`.
 */
export async function ensureCluster(
  dataDir: string,
  binaries: Binaries,
  account: Account | undefined,
  log: (line: string) => void,
): Promise<string> {
  await removeLeftBehind(dataDir);
  if (!(await holdsCluster(dataDir, binaries.major))) {
    log(`making a Postgres ${binaries.major} cluster in ${dataDir}`);
    await makeCluster(dataDir, binaries, account);
  }
  try {
    return (await readFile(join(dataDir, passwordFile), "utf8")).trim();
  } catch (cause) {
    throw new EmbeddedPostgresError(
      "unusable-directory",
      `${dataDir} holds a Postgres cluster that was not made here (it has no file ${passwordFile}). Give another directory.`,
      { cause },
    );
  }
}

async function holdsCluster(dataDir: string, major: number): Promise<boolean> {
  let entries: string[];
  try {
    entries = await readdir(dataDir);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return false;
    throw new EmbeddedPostgresError(
      "unusable-directory",
      code === "EACCES"
        ? `${dataDir} belongs to another user. Start as that user or as root, or give another directory.`
        : `${dataDir} cannot hold Postgres's data: ${String(cause)}`,
      { cause },
    );
  }
  if (entries.length === 0) return false;
  if (!entries.includes("PG_VERSION")) {
    throw new EmbeddedPostgresError(
      "unusable-directory",
      `${dataDir} holds other files and no Postgres cluster. Give another directory, or empty it.`,
    );
  }
  const found = (await readFile(join(dataDir, "PG_VERSION"), "utf8")).trim();
  if (found !== String(major)) {
    throw new EmbeddedPostgresError(
      "wrong-version",
      `${dataDir} was made by Postgres ${found}, and this is Postgres ${major}. ` +
        "Move it away to begin anew, or use the version that made it.",
    );
  }
  return true;
}

async function makeCluster(dataDir: string, binaries: Binaries, account: Account | undefined): Promise<void> {
  const workshop = `${dataDir}.new-${process.pid}-${randomBytes(4).toString("hex")}`;
  const password = randomBytes(24).toString("hex");
  const made = join(workshop, "data");
  const secret = join(workshop, passwordFile);
  try {
    await mkdir(workshop, { mode: 0o700 });
    await writeFile(secret, `${password}\n`, { mode: 0o600 });
    if (account !== undefined) {
      await Promise.all([workshop, secret].map((path) => chown(path, account.uid, account.gid)));
    }
    const args = [
      `--pgdata=${made}`,
      `--username=${superuser}`,
      `--pwfile=${secret}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      ...localeOptions(binaries.major),
      "--no-instructions",
    ];
    const initdb = supervise(binaries.initdb, args, { account, cwd: workshop, onLine: () => undefined });
    const { status, lines } = await initdb.ended;
    if (status !== 0) throw explainFailure(`initdb failed for ${dataDir}`, lines, "initdb-failed");
    await rename(secret, join(made, passwordFile));
    await rename(made, dataDir).catch(async (error: unknown) => {
      if (!(await holdsCluster(dataDir, binaries.major))) throw error;
    });
  } catch (cause) {
    if (cause instanceof EmbeddedPostgresError) throw cause;
    throw explainFailure(`making a cluster in ${dataDir} failed`, [String(cause)], "initdb-failed");
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/**
 * Names sort by code point, and case follows Unicode. The builtin C.UTF-8 depends on no library of the machine; before 17,
 * which brought it, case is the machine's.
 */
function localeOptions(major: number): readonly string[] {
  return major < 17
    ? ["--no-locale", "--lc-ctype=C.UTF-8"]
    : ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
}

/** Removes what makers of a cluster left beside it when they were killed. */
async function removeLeftBehind(dataDir: string): Promise<void> {
  const prefix = `${basename(dataDir)}.new-`;
  const parent = dirname(dataDir);
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split("-")[0]) : Number.NaN;
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    if ((await stat(join(parent, name)).catch(() => undefined))?.isDirectory()) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
}
