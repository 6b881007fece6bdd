import { isIP } from "node:net";
import { SinkError } from "@tidemark/sinks";
import { readAddressText } from "@tidemark/sinks/address";
import { badReaderUrl } from "../errors.js";
import type { DatasourceAddress } from "../provisioning.js";

const sslModes: ReadonlySet<string> = new Set(["disable", "require", "verify-ca", "verify-full"]);
const ownMachine: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);
/** Grafana's driver binds no channel; a server that demands it says so itself. */
const taken: ReadonlySet<string> = new Set([
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "sslmode",
  "channel_binding",
]);

/**
 * The parts of a Postgres address that Grafana keeps apart. Without `sslmode` the server's certificate is checked, but for a
 * server on Grafana's own machine. Files and variables of this machine have no part in it.
 */
export function readAddress(databaseUrl: string): DatasourceAddress {
  const keywords = readKeywords(databaseUrl);
  const [host, port = "5432", database, user, password] = ["host", "port", "dbname", "user", "password"].map((name) =>
    keywords.get(name),
  );
  const other = [...keywords.keys()].find((name) => !taken.has(name));
  if (other !== undefined)
    throw badReaderUrl(`sets ${other}, which Grafana's data source does not take from an address`);
  if (host === undefined) throw badReaderUrl("has no host");
  if (host.includes(",")) throw badReaderUrl("names several hosts, and Grafana takes one");
  if (user === undefined || password === undefined) throw badReaderUrl("has no user or no password");
  if (database === undefined) throw badReaderUrl("names no database");
  const sslMode = keywords.get("sslmode") ?? (ownMachine.has(host) ? "disable" : "verify-full");
  if (!sslModes.has(sslMode)) {
    throw badReaderUrl(`has sslmode=${sslMode}, and Grafana takes ${[...sslModes].join(", ")}`);
  }
  return { host: `${isIP(host) === 6 ? `[${host}]` : host}:${port}`, database, user, password, sslMode };
}

function readKeywords(databaseUrl: string): ReadonlyMap<string, string> {
  try {
    return readAddressText(databaseUrl);
  } catch (error) {
    if (!(error instanceof SinkError)) throw error;
    throw badReaderUrl(`cannot be read (${error.message.replace(/\.$/, "")})`);
  }
}
