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
 * The directory that really holds the data, by its canonical name: leftovers are recognised by it. It is `wanted`, unless the account may not enter its parents: then the data
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
    const place = join(await realpath(dirname(wanted)), basename(wanted));
    if (account === undefined || (await canEnter(dirname(place), account))) return place;
    await openTemporaryDirectory(place, log);
    if (await canEnter(dirname(place), account)) return place;
    return await relocate(place, account, base, log);
  } catch (cause) {
    if (cause instanceof EmbeddedPostgresError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new EmbeddedPostgresError("unusable-directory", `${wanted} cannot hold Postgres's data: ${said}`, { cause });
  }
}

/** Lets others pass (not list) the directory on the way to `place` that is as `mkdtemp` makes it, if there is one. */
async function openTemporaryDirectory(place: string, log: (line: string) => void): Promise<void> {
  const base = await realpath(tmpdir());
  const [first] = relative(base, place).split(sep);
  if (first === undefined || first === "" || first === "..") return;
  const directory = join(base, first);
  const { mode, uid } = await stat(directory);
  if (uid !== process.getuid?.() || (mode & 0o777) !== 0o700) return;
  log(`letting Postgres's user pass the temporary directory ${directory}`);
  await chmod(directory, 0o711);
}

async function relocate(wanted: string, account: Account, base: string, log: (line: string) => void): Promise<string> {
  try {
    await rmdir(wanted);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      // Another may have placed the same data meanwhile: then a link stands here, which is no directory.
      const linked = await readLink(wanted);
      if (linked !== undefined) return linked;
      throw new EmbeddedPostgresError(
        "unusable-directory",
        `Postgres runs as the user ${account.name}, who may not enter ${dirname(wanted)}. ` +
          `Let others enter its parents (chmod o+x), or move ${wanted} away.`,
      );
    }
  }
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
  if (!entry?.isSymbolicLink()) return undefined;
  const target = resolve(dirname(path), await readlink(path));
  const home = await realpath(dirname(target)).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      "unusable-directory",
      `${path} is a link to ${target}, and that place is gone. Remove the link to begin anew.`,
      { cause },
    );
  });
  return join(home, basename(target));
}
