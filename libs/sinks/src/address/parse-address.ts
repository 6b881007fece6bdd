import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { invalidAddress } from "../errors.js";
import { describeEndpoint, type PostgresEndpoint } from "./endpoint.js";
import { resolveKeywords } from "./keywords.js";
import { findPassword } from "./password-file.js";
import { readRequiredAuth, type RequiredAuth } from "./required-auth.js";
import { readAddressText } from "./read-text.js";
import { readTlsSettings, type TlsSettings } from "./tls.js";

/**
 * What kind of session is wanted. `writable`, which no address can ask for, is a session of a server that takes writes: a read-only
 * default of the role's or the database's does not matter, since transactions that write overrule it.
 */
export type TargetSession = "any" | "read-write" | "read-only" | "primary" | "standby" | "prefer-standby" | "writable";

/** A Postgres address, as libpq understands it. */
export interface PostgresAddress {
  /** At least one, in the order in which they are tried. */
  readonly endpoints: readonly PostgresEndpoint[];
  readonly user: string;
  readonly database: string;
  /** Undefined: no encryption. Sockets are never encrypted. */
  readonly tls: TlsSettings | undefined;
  readonly channelBinding: "disable" | "prefer" | "require";
  /** Undefined: any way to authenticate. */
  readonly requiredAuth: RequiredAuth | undefined;
  readonly targetSession: TargetSession;
  readonly loadBalance: boolean;
  /** For each server, in ms; 0: no limit. Undefined: the program's own. */
  readonly connectTimeoutMs: number | undefined;
  /** After so many ms without traffic, TCP asks whether the other side is there. Undefined: never. */
  readonly keepAliveDelayMs: number | undefined;
  readonly applicationName: string | undefined;
  /** For a program that has no name of its own. */
  readonly fallbackApplicationName: string | undefined;
  /** Command-line options of the server's process, such as `-c work_mem=64MB`. */
  readonly options: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const defaultPort = 5432;
const defaultKeepAliveDelayMs = 10_000;
/** Debian's directory of sockets, and Postgres's own. */
const socketDirectories = ["/var/run/postgresql", "/tmp"];

/**
 * Parses an address by libpq's manual: a URI or keyword=value, completed by the `PG*` variables of `env`, services, the
 * password file and the files of `~/.postgresql`. Reads those files, and opens no connection.
 *
 * Throws SinkError `invalid-address`: one sentence that names what is wrong or not supported, and shows no password.
 */
export function parseAddress(text: string, env: Environment = process.env): PostgresAddress {
  const files = settingsDirectory(env);
  const values = resolveKeywords(readAddressText(text), env, files.services);
  const user = values.get("user") ?? systemUser();
  const database = values.get("dbname") ?? user;
  const places = readPlaces(values);
  const tls = readTlsSettings(values, files.directory);
  if (tls?.verify === "host" && places.some(({ host, hostaddr }) => hostaddr !== undefined && host === hostaddr)) {
    throw invalidAddress("sets sslmode=verify-full for a hostaddr, which takes a host as well");
  }
  const passwordFile = values.get("passfile") ?? files.passwords;
  const endpoints = places.map((place) => ({
    ...place,
    password:
      values.get("password") ??
      findPassword(passwordFile, {
        host: socketDirectories.includes(place.host) ? "localhost" : place.host,
        port: place.port,
        database,
        user,
      }),
  }));
  const timeout = readSeconds(values, "connect_timeout");
  const required = values.get("require_auth");
  return {
    endpoints,
    user,
    database,
    tls,
    channelBinding: (values.get("channel_binding") ?? "prefer") as PostgresAddress["channelBinding"],
    requiredAuth: required === undefined ? undefined : readRequiredAuth(required),
    targetSession: (values.get("target_session_attrs") ?? "any") as PostgresAddress["targetSession"],
    loadBalance: values.get("load_balance_hosts") === "random",
    // libpq takes at least 2 s.
    connectTimeoutMs: timeout === undefined ? undefined : timeout <= 0 ? 0 : Math.max(timeout, 2) * 1000,
    keepAliveDelayMs:
      values.get("keepalives") === "0"
        ? undefined
        : (readSeconds(values, "keepalives_idle") ?? 0) * 1000 || defaultKeepAliveDelayMs,
    applicationName: values.get("application_name"),
    fallbackApplicationName: values.get("fallback_application_name"),
    options: values.get("options"),
  };
}

/**
 * An address that is complete as it is, such as that of a server of our own: no `PG*` variable, no password file and no
 * certificate of the user's has a part in it. Connections are not encrypted unless the address says so.
 */
export function completeAddress(uri: string): string {
  const url = new URL(uri);
  if (!url.searchParams.has("sslmode")) url.searchParams.set("sslmode", "disable");
  url.searchParams.set("complete", "true");
  return url.href;
}

/** The servers and the database of an address, for people to read: no user, no password. */
export function describeAddress({ endpoints, database }: PostgresAddress): string {
  const hosts = endpoints.map(describeEndpoint);
  return `${hosts.join(",")}/${database}`;
}

type Place = Omit<PostgresEndpoint, "password">;

function readPlaces(values: ReadonlyMap<string, string>): readonly Place[] {
  const hostaddrs = values.get("hostaddr")?.split(",");
  const hosts = values.get("host")?.split(",");
  const count = (hostaddrs ?? hosts ?? [""]).length;
  if (hosts !== undefined && hosts.length !== count) throw invalidAddress("has not as many hosts as hostaddrs");
  const ports = values.get("port")?.split(",") ?? [""];
  if (ports.length !== 1 && ports.length !== count) throw invalidAddress("has not as many ports as hosts");
  return Array.from({ length: count }, (_, at) => {
    const port = readPort(ports.length === 1 ? ports[0] : ports[at]);
    const hostaddr = hostaddrs?.[at] || undefined;
    if (hostaddr !== undefined && isIP(hostaddr) === 0) throw invalidAddress("has a hostaddr that is no IP address");
    const host = hosts?.[at] || hostaddr || defaultHost(port);
    if (host.startsWith("@")) throw invalidAddress("names an abstract socket, which is not supported");
    const socketPath = hostaddr === undefined && host.startsWith("/") ? socketIn(host, port) : undefined;
    return { host, hostaddr, port, socketPath };
  });
}

function readPort(text = ""): number {
  if (text.trim() === "") return defaultPort;
  const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
  // The text may be a password with an unescaped slash in it.
  if (port < 1 || port > 65_535) throw invalidAddress("has a port that is no number from 1 to 65535");
  return port;
}

function socketIn(directory: string, port: number): string {
  return join(directory, `.s.PGSQL.${port}`);
}

function defaultHost(port: number): string {
  return socketDirectories.find((directory) => existsSync(socketIn(directory, port))) ?? "localhost";
}

function readSeconds(values: ReadonlyMap<string, string>, keyword: string): number | undefined {
  const text = values.get(keyword);
  if (text === undefined) return undefined;
  if (!/^\s*[+-]?\d{1,6}\s*$/.test(text)) throw invalidAddress(`sets ${keyword}, which takes a number of seconds`);
  return Number(text);
}

function settingsDirectory(env: Environment): Readonly<Record<"directory" | "passwords" | "services", string>> {
  if (process.platform === "win32") {
    const directory = join(env.APPDATA ?? homedir(), "postgresql");
    return { directory, passwords: join(directory, "pgpass.conf"), services: join(directory, ".pg_service.conf") };
  }
  const home = env.HOME || homedir();
  return {
    directory: join(home, ".postgresql"),
    passwords: join(home, ".pgpass"),
    services: join(home, ".pg_service.conf"),
  };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw invalidAddress("names no user, and this process has none");
  }
}
