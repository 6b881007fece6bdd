import { describeAddress, parseAddress } from "@tidemark/sinks/address";
import { AddressError } from "./errors.js";

/**
 * Checks that the text is a Postgres address that all programs can use, and returns it without the blanks around it.
 *
 * `source` is the variable's or option's name. Throws AddressError `bad-address`.
 */
export function parseDatabaseUrl(text: string, source = "DATABASE_URL"): string {
  try {
    parseAddress(text);
    return text.trim();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new AddressError("bad-address", `${source}: ${cause.message}`, { cause });
  }
}

/** An address for people to read: user, servers and database. Throws SinkError `invalid-address`. */
export function redactUrl(text: string): string {
  const address = parseAddress(text);
  return `${address.user}@${describeAddress(address)}`;
}
