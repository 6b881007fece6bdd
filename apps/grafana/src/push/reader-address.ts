import { parseDatabaseUrl } from "@tidemark/cli";
import { badReaderUrl } from "../errors.js";
import type { DatasourceAddress } from "../provisioning.js";

const sslModes: ReadonlySet<string> = new Set(["disable", "require", "verify-ca", "verify-full"]);
const ownMachine: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The parts of a Postgres URL that Grafana keeps apart. Without `sslmode` the server's certificate is checked, but for a
 * server on Grafana's own machine.
 */
export function readAddress(databaseUrl: string): DatasourceAddress {
  const { hostname, port, username, password, pathname, searchParams } = new URL(
    parseDatabaseUrl(databaseUrl, "READER_DATABASE_URL"),
  );
  const database = decodeURIComponent(pathname.slice(1));
  if (hostname === "") throw badReaderUrl("has no host");
  if (username === "" || password === "") throw badReaderUrl("has no user or no password");
  if (database === "") throw badReaderUrl("names no database");
  const sslMode = searchParams.get("sslmode") ?? (ownMachine.has(hostname) ? "disable" : "verify-full");
  if (!sslModes.has(sslMode)) {
    throw badReaderUrl(`has sslmode=${sslMode}, and Grafana takes ${[...sslModes].join(", ")}`);
  }
  return {
    host: `${hostname}:${port === "" ? "5432" : port}`,
    database,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    sslMode,
  };
}
