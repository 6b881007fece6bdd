import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Where Debian and what derives from it put each major version's binaries: `<major>/bin`. */
const debianHome = "/usr/lib/postgresql";

export interface InstalledPostgres {
  /** The major version, such as 15. */
  readonly major: number;
  /** For `startPostgres`'s `binDir`. */
  readonly binDir: string;
}

/** The server installations below `home`, newest first; none where there is no such directory. */
export async function findInstalledPostgres(home = debianHome): Promise<readonly InstalledPostgres[]> {
  const names = await readdir(home).catch(() => []);
  return names
    .map((name) => ({ major: Number(name), binDir: join(home, name, "bin") }))
    .filter(
      ({ major, binDir }) => major > 0 && existsSync(join(binDir, "postgres")) && existsSync(join(binDir, "initdb")),
    )
    .toSorted((a, b) => b.major - a.major);
}
