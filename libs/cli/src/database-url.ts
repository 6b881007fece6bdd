import { AddressError } from "./errors.js";

const protocols = new Set(["postgresql:", "postgres:"]);

/**
 * Checks that the text is a Postgres URL and returns it without the blanks around it.
 *
 * `source` is the variable's or option's name. Throws AddressError `bad-address`.
 */
export function parseDatabaseUrl(text: string, source = "DATABASE_URL"): string {
  const trimmed = text.trim();
  const takes = "it takes a Postgres URL, such as postgresql://user:password@localhost:5432/tidemark.";
  if (!URL.canParse(trimmed)) {
    throw new AddressError("bad-address", `${source}: what it holds is no URL; ${takes}`);
  }
  const { protocol } = new URL(trimmed);
  if (!protocols.has(protocol)) {
    throw new AddressError("bad-address", `${source}: a URL that begins with ${protocol} is not Postgres's; ${takes}`);
  }
  return trimmed;
}

/** The URL without its password and parameters, for people to read. */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return "(no URL)";
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname}`;
}
