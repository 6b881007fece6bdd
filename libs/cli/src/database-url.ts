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

/** The servers and the database of an address, for people to read: no password, no user, no parameters. */
export function redactUrl(text: string): string {
  return describeAddress(parseAddress(text));
}
