import { invalidAddress } from "./errors.js";

/**
 * A Postgres address as both drivers take it: parameters that only poolers or libpq know (`channel_binding`,
 * `pgbouncer`) are left out. Throws SinkError `invalid-address`, which never shows the password.
 */
export function parseDatabaseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw invalidAddress("is no URL", cause);
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw invalidAddress(`begins with ${url.protocol}//`);
  }
  if (url.pathname.length <= 1) throw invalidAddress("names no database");
  url.searchParams.delete("channel_binding");
  url.searchParams.delete("pgbouncer");
  return url.href;
}
