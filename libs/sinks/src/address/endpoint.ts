import { isIP } from "node:net";

/** One of the servers that an address names. */
export interface PostgresEndpoint {
  /** A name or IP address, or the directory of a Unix-domain socket. */
  readonly host: string;
  /** The IP address to connect to, where it is given apart from the name. */
  readonly hostaddr: string | undefined;
  readonly port: number;
  /** The path of the Unix-domain socket. */
  readonly socketPath: string | undefined;
  readonly password: string | undefined;
}

/** For people to read. */
export function describeEndpoint({ host, port }: PostgresEndpoint): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
