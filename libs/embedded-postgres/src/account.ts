import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import { EmbeddedPostgresError } from "./errors.js";

const run = promisify(execFile);
const accountName = "postgres";

/** The OS user that Postgres runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/**
 * The OS user for Postgres, which refuses to run as root; undefined means the present user.
 *
 * For root that is the owner of a data directory that exists, else `postgres`, which is created when it is missing.
 * Throws `no-account`.
 */
export async function findAccount(dataDir: string, log: (line: string) => void): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataDir).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) {
    return { uid: owner.uid, gid: owner.gid, name: `uid ${owner.uid}` };
  }
  const known = await lookUp();
  if (known !== undefined) return known;
  log(`Postgres refuses to run as root: creating the OS user ${accountName}`);
  const failure = await createUser();
  const created = await lookUp();
  if (created === undefined) {
    throw new EmbeddedPostgresError(
      "no-account",
      `Postgres refuses to run as root, and the OS user ${accountName} could not be created. ` +
        "Create it (useradd --system --user-group postgres), or start as another user.",
      { cause: failure },
    );
  }
  return created;
}

/** The options for spawning a process as that user. */
export function spawnAs(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

async function lookUp(): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", accountName]), run("id", ["-g", accountName])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout), name: accountName };
  } catch {
    return undefined;
  }
}

async function createUser(): Promise<unknown> {
  try {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", accountName]);
    return undefined;
  } catch (error) {
    return error;
  }
}
