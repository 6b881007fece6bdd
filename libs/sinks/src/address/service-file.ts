import { readFileSync } from "node:fs";
import { join } from "node:path";
import { invalidAddress } from "../errors.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Debian's; where Postgres was built otherwise, `pg_config --sysconfdir` tells the directory, and PGSYSCONFDIR names it. */
const SYSTEM_DIRECTORY = "/etc/postgresql-common";

/**
 * The keywords of a service, by libpq's rules: from the file that PGSERVICEFILE names, or else `~/.pg_service.conf`; where that lacks the
 * service, from `pg_service.conf` in PGSYSCONFDIR. Throws SinkError `invalid-address`, which shows no value.
 */
export function readService(service: string, usualFile: string, env: Environment): ReadonlyMap<string, string> {
  const { PGSERVICEFILE: named, PGSYSCONFDIR: systemDirectory = SYSTEM_DIRECTORY } = env;
  const first = named ?? usualFile;
  const second = join(systemDirectory, "pg_service.conf");
  const found =
    findService(first, service, { isNamed: named !== undefined }) ?? findService(second, service, { isNamed: false });
  if (found !== undefined) return found;
  throw invalidAddress(
    `names the service ${JSON.stringify(service)}, which is neither in ${first} nor in ${second} (PGSERVICEFILE names another file)`,
  );
}

function findService(
  path: string,
  service: string,
  { isNamed }: { readonly isNamed: boolean },
): Map<string, string> | undefined {
  let found: Map<string, string> | undefined;
  for (const [at, whole] of readLines(path, isNamed).entries()) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      if (found !== undefined) return found;
      if (line.startsWith(`[${service}]`)) found = new Map();
    } else if (found !== undefined) {
      const equals = line.indexOf("=");
      const keyword = line.slice(0, equals);
      const place = `uses the service ${JSON.stringify(service)}, and line ${at + 1} of ${path}`;
      if (line.startsWith("ldap://")) throw invalidAddress(`${place} looks it up by LDAP, which is not supported`);
      if (equals === -1) throw invalidAddress(`${place} is not keyword=value`);
      if (keyword === "service" || keyword === "servicefile") {
        throw invalidAddress(`${place} sets ${keyword}, which a service may not`);
      }
      // The first one counts.
      if (!found.has(keyword)) found.set(keyword, line.slice(equals + 1));
    }
  }
  return found;
}

/** No lines where the usual file is missing. */
function readLines(path: string, isNamed: boolean): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (!isNamed && (code === "ENOENT" || code === "ENOTDIR")) return [];
    throw invalidAddress(`uses a service, and its file ${path} cannot be read (${code})`, cause);
  }
}
