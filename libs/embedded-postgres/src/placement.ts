import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, lstat, mkdir, readlink, realpath, rmdir, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { type Account, spawnAs } from "./account.js";
import { EmbeddedPostgresError } from "./errors.js";

const run = promisify(execFile);

/** Where data and binaries go that lie where the account may not enter. Only root ever needs it. */
export const reachableBase = existsSync("/var/lib") ? "/var/lib/tidemark" : "/var/tmp/tidemark";

/**
 * The directory that really holds the data. It is `wanted`, unless the account may not enter its parents: then the data
 * lie below `base` and `wanted` is a symbolic link to them, so that removing or moving `wanted` does what one expects.
 * A directory fresh from `mkdtemp` is opened instead.
 *
 * Throws `unusable-directory`.
 */
export async function placeDataDir(
  wanted: string,
  account: Account | undefined,
  base: string,
  log: (line: string) => void,
): Promise<string> {
  try {
    await mkdir(dirname(wanted), { recursive: true });
    const linked = await readLink(wanted);
    if (linked !== undefined) return linked;
    if (account === undefined || (await canEnter(dirname(wanted), account))) return wanted;
    if ((await openTemporaryDirectory(wanted, log)) && (await canEnter(dirname(wanted), account))) return wanted;
    return await relocate(wanted, account, base, log);
  } catch (cause) {
    if (cause instanceof EmbeddedPostgresError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new EmbeddedPostgresError("unusable-directory", `${wanted} cannot hold Postgres's data: ${said}`, { cause });
  }
}

/** Lets others pass (not list) the directory that `mkdtemp` made on the way to `wanted`; false when there is none. */
async function openTemporaryDirectory(wanted: string, log: (line: string) => void): Promise<boolean> {
  const base = await realpath(tmpdir());
  const [first] = relative(base, join(await realpath(dirname(wanted)), basename(wanted))).split(sep);
  if (first === undefined || first === "" || first === "..") return false;
  const directory = join(base, first);
  const { mode, uid } = await stat(directory);
  if (uid !== process.getuid?.() || (mode & 0o777) !== 0o700) return false;
  log(`letting Postgres's user pass the temporary directory ${directory}`);
  await chmod(directory, 0o711);
  return true;
}

async function relocate(wanted: string, account: Account, base: string, log: (line: string) => void): Promise<string> {
  await rmdir(wanted).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new EmbeddedPostgresError(
      "unusable-directory",
      `Postgres runs as the user ${account.name}, who may not enter ${dirname(wanted)}. ` +
        `Let others enter its parents (chmod o+x), or move ${wanted} away.`,
    );
  });
  const home = join(base, `${basename(wanted)}-${randomBytes(6).toString("hex")}`);
  await mkdir(home, { recursive: true, mode: 0o755 });
  await chown(home, account.uid, account.gid);
  const target = join(home, "data");
  try {
    await symlink(target, wanted);
  } catch (error) {
    await rmdir(home);
    const linked = await readLink(wanted);
    if (linked === undefined) throw error;
    return linked;
  }
  log(`the user ${account.name}, whom Postgres runs as, may not enter ${dirname(wanted)}: its data lie in ${target}`);
  return target;
}

async function canEnter(directory: string, account: Account): Promise<boolean> {
  try {
    await run("/bin/sh", ["-c", 'cd -- "$1"', "sh", directory], { ...spawnAs(account), cwd: "/" });
    return true;
  } catch {
    return false;
  }
}

async function readLink(path: string): Promise<string | undefined> {
  const entry = await lstat(path).catch(() => undefined);
  return entry?.isSymbolicLink() ? resolve(dirname(path), await readlink(path)) : undefined;
}
