import { readFileSync, statSync } from "node:fs";

/** Whom a password is looked up for. */
export interface PasswordKey {
  /** The host's name or IP address; `localhost` for a socket in a default directory. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password in the first line of the file that fits, by libpq's rules: `host:port:database:user:password`, each of the
 * first four may be `*`, and `\` escapes `:` and `\`. Undefined where there is none. A file that others may read is passed
 * over with a process warning.
 */
export function findPassword(path: string, { host, port, database, user }: PasswordKey): string | undefined {
  const text = readPasswordFile(path);
  const wanted = [host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = splitLine(line);
    const password = fields[4];
    if (password === undefined || password === "") continue;
    if (wanted.every((value, at) => fields[at] === "*" || unescape(fields[at] ?? "") === value)) {
      return unescape(password);
    }
  }
  return undefined;
}

function readPasswordFile(path: string): string {
  try {
    const { mode } = statSync(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      process.emitWarning(
        `The password file ${path} has group or world access and is not used; its permissions should be 0600 or less.`,
      );
      return "";
    }
    return readFileSync(path, "utf8");
  } catch {
    // libpq passes over a password file that it cannot read.
    return "";
  }
}

/** The password is the rest of the line up to an unescaped colon; `*` stays told from `\*`. */
function splitLine(line: string): string[] {
  return [...line.matchAll(/((?:[^:\\]|\\.|\\$)*)(?::|$)/g)].map(([, field = ""]) => field);
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}
