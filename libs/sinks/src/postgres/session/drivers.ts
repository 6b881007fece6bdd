import { Client, Pool, type ClientConfig, type PoolConfig } from "pg";
import postgres, { type Options, type PostgresType, type Sql } from "postgres";
import { parseAddress, type PostgresAddress } from "../../address/parse-address.js";
import { openSession } from "./open-session.js";
import { SessionStream } from "./session-stream.js";

const defaultConnectTimeoutMs = 10_000;

type DriverOptions = Options<Record<string, PostgresType>>;

/** What the address decides, and a program can't. */
type Decided =
  "host" | "hostname" | "port" | "path" | "user" | "username" | "pass" | "password" | "database" | "db" | "ssl";

export type SqlOptions = Omit<DriverOptions, Decided | "socket">;

/**
 * A client of postgres.js on the address, which it never sees. `connect_timeout` (in s, default 10) is for each server, where
 * the address sets none. Throws SinkError `invalid-address`; queries reject with `refused-connection`, and with the server's and
 * the network's own errors.
 */
export function openSql(databaseUrl: string | PostgresAddress, options: SqlOptions = {}): Sql {
  const address = typeof databaseUrl === "string" ? parseAddress(databaseUrl) : databaseUrl;
  const timeoutMs = (Number(options.connect_timeout) || 0) * 1000 || defaultConnectTimeoutMs;
  const given = {
    ...options,
    ...placeholders(address),
    pass: "",
    max: options.max ?? 10,
    sslnegotiation: null,
    connect_timeout: 0,
    socket: () => streamOf(address, timeoutMs),
  };
  // postgres.js refuses some of the values that libpq takes, even where it is given a socket.
  const { PGTARGETSESSIONATTRS: targetSession } = process.env;
  delete process.env.PGTARGETSESSIONATTRS;
  try {
    return postgres(given as unknown as DriverOptions) as Sql;
  } finally {
    if (targetSession !== undefined) process.env.PGTARGETSESSIONATTRS = targetSession;
  }
}

/** A client of `pg` on the address, not yet connected. */
export function createClient(address: PostgresAddress, config: ClientConfig = {}): Client {
  return new Client(configFor(address, config));
}

/** A pool of `pg` on the address. */
export function createClientPool(address: PostgresAddress, config: PoolConfig = {}): Pool {
  return new Pool(configFor(address, config));
}

function configFor<Config extends ClientConfig>(address: PostgresAddress, config: Config): Config {
  const timeoutMs = config.connectionTimeoutMillis ?? defaultConnectTimeoutMs;
  const eachMs = address.connectTimeoutMs ?? timeoutMs;
  return {
    ...config,
    ...placeholders(address),
    password: "unused",
    sslnegotiation: "postgres",
    connectionTimeoutMillis: eachMs * (address.endpoints.length + 1),
    stream: () => streamOf(address, timeoutMs),
  };
}

/** Keeps a driver from looking for these in the environment. None of them leaves this process. */
function placeholders({ user, database }: PostgresAddress) {
  return { host: "address", port: 5432, user, database, ssl: false };
}

function streamOf(address: PostgresAddress, timeoutMs: number): SessionStream {
  return new SessionStream((settings, signal) =>
    openSession(address, settings, { timeoutMs: address.connectTimeoutMs ?? timeoutMs, signal }),
  );
}
