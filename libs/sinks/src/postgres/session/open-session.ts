import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Client, type ClientConfig } from "pg";
import type { PostgresEndpoint } from "../../address/endpoint.js";
import type { PostgresAddress, TargetSession } from "../../address/parse-address.js";
import { refusedConnection, SinkError } from "../../errors.js";
import { demandAuth, isAuthRefusal } from "./check-auth.js";
import { checkTarget } from "./check-target.js";
import { markConnectionPhase } from "./connection-phase.js";
import { judgeLogin } from "./poolers.js";
import { connectionClosed, describeFailure, judgeTlsError, openSocket, type Encryption } from "./open-socket.js";

/** Settings that a program gives to its session, such as `application_name`, by their names. */
export type SessionSettings = Readonly<Record<string, string>>;

/** A connection on which the server waits for the first query. */
export interface Session {
  /** Paused. */
  readonly socket: Socket;
  readonly parameters: ReadonlyMap<string, string>;
  readonly processId: number;
  readonly secretKey: number;
}

const cannotConnectNow = "57P03";

/**
 * Opens a session on the first server of the address that takes one, as libpq does: hosts in order, TLS or not by `sslmode`,
 * channel binding, and what kind of server it has to be. A server that refuses ends the search, one that is not there does not.
 *
 * Rejects with the server's own error, the network's, or SinkError `refused-connection`.
 */
export async function openSession(
  address: PostgresAddress,
  settings: SessionSettings,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Session> {
  const endpoints = address.loadBalance ? shuffle(address.endpoints) : address.endpoints;
  const { targetSession } = address;
  const targets = targetSession === "prefer-standby" ? (["standby", "any"] as const) : ([targetSession] as const);
  const failures: { readonly endpoint: PostgresEndpoint; readonly error: unknown }[] = [];
  for (const target of targets) {
    for (const endpoint of endpoints) {
      try {
        return await tryEncryptions(address, endpoint, encryptionsFor(address, endpoint), async (encryption) => {
          const limit = startLimit(timeoutMs, signal);
          try {
            const socket = await openSocket(address, endpoint, encryption, limit.signal);
            return await authenticate(socket, { address, endpoint, settings, target, signal: limit.signal });
          } finally {
            limit.end();
          }
        });
      } catch (error) {
        signal.throwIfAborted();
        if (isFinal(error)) throw error;
        failures.push({ endpoint, error });
      }
    }
  }
  const last = failures.at(-1)?.error;
  if (endpoints.length === 1) throw last;
  const text = failures.map(({ endpoint, error }) => describeFailure(endpoint, error)).join("; ");
  const code = last instanceof Error && "code" in last ? last.code : undefined;
  throw Object.assign(new Error(`No server of the address can be used (${text})`, { cause: last }), { code });
}

/** A signal that aborts with `signal`, and after so many ms (0: never). */
function startLimit(ms: number, signal: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  if (ms <= 0) return { signal, end: () => {} };
  const late = new AbortController();
  const error = Object.assign(new Error(`timeout expired: no session within ${ms / 1000} s`), { code: "ETIMEDOUT" });
  const timer = setTimeout(() => late.abort(error), ms);
  return { signal: AbortSignal.any([signal, late.signal]), end: () => clearTimeout(timer) };
}

function shuffle<T>(values: readonly T[]): T[] {
  const sorted = values.map((value) => ({ value, key: Math.random() })).sort((a, b) => a.key - b.key);
  return sorted.map(({ value }) => value);
}

function encryptionsFor({ tls }: PostgresAddress, { socketPath }: PostgresEndpoint): readonly Encryption[] {
  if (tls === undefined || socketPath !== undefined) return ["plain"];
  if (tls.mode === "allow") return ["plain", "tls"];
  return tls.mode === "prefer" ? ["tls-if-offered", "plain"] : ["tls"];
}

/** The second way is for a server that refuses the first one, and not for one that can't be reached or isn't what is wanted. */
async function tryEncryptions(
  address: PostgresAddress,
  endpoint: PostgresEndpoint,
  [first = "plain", second]: readonly Encryption[],
  open: (encryption: Encryption) => Promise<Session>,
): Promise<Session> {
  try {
    return await open(first);
  } catch (error) {
    const isRefused =
      (error instanceof SinkError && !isWrongServer(error) && !isAuthRefusal(error)) || isServerError(error);
    if (second === undefined || !isRefused || address.channelBinding === "require") throw error;
    try {
      return await open(second);
    } catch (secondError) {
      throw isWrongServer(secondError) ? secondError : error;
    }
  }
}

function isServerError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "severity" in error && "code" in error && error.code !== cannotConnectNow;
}

/** It has let this client in; another server of the address may be what is wanted. */
function isWrongServer(error: unknown): boolean {
  return error instanceof SinkError && error.code === "wrong-server";
}

function isFinal(error: unknown): boolean {
  return isServerError(error) || (error instanceof SinkError && !isWrongServer(error));
}

interface Authentication {
  readonly address: PostgresAddress;
  readonly endpoint: PostgresEndpoint;
  readonly settings: SessionSettings;
  readonly target: TargetSession;
  readonly signal: AbortSignal;
}

/** `pg`'s client, with the settings of any program in its first message. */
class SessionClient extends Client {
  readonly #startup: SessionSettings;

  constructor(config: ClientConfig, startup: SessionSettings) {
    super(config);
    this.#startup = startup;
  }

  /** Called by `pg`. */
  getStartupConf(): SessionSettings {
    return this.#startup;
  }
}

async function authenticate(socket: Socket, given: Authentication): Promise<Session> {
  const { address, endpoint, target, signal } = given;
  // pg's types leave sslnegotiation out; without it, `pg` looks into the environment.
  const config: ClientConfig & { readonly sslnegotiation: string } = {
    user: address.user,
    database: address.database,
    host: endpoint.host,
    port: endpoint.port,
    password: () => passwordOf(endpoint),
    ssl: false,
    sslnegotiation: "postgres",
    stream: () => asUnconnected(socket),
    enableChannelBinding: address.channelBinding !== "disable" && socket instanceof TLSSocket,
  };
  const client = new SessionClient(config, startupOf(given));
  const parameters = new Map<string, string>();
  client.connection.on("parameterStatus", ({ parameterName, parameterValue }: Record<string, string>) =>
    parameters.set(String(parameterName), String(parameterValue)),
  );
  let refusal: SinkError | undefined;
  const refuse = (error: SinkError): void => {
    refusal ??= error;
    socket.destroy(error);
  };
  if (address.channelBinding === "require") demandChannelBinding(client, socket, endpoint, refuse);
  if (address.requiredAuth !== undefined) demandAuth(client, address.requiredAuth, endpoint, refuse);
  // What is reported later belongs to whoever has the socket then.
  client.on("error", () => {});
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect();
    // The server's last message may have come in one piece with the one that was refused.
    if (refusal !== undefined) throw refusal;
    // A pooler passes it on.
    const encoding = parameters.get("server_encoding") ?? "UTF8";
    if (encoding !== "UTF8") throw refusedConnection(endpoint, encodingProblem(address.database, encoding));
    if (target !== "any") await checkTarget(client, target, endpoint);
    socket.removeAllListeners("data").pause();
    // pg's types leave them out.
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    return { socket, parameters, processId: processID, secretKey };
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw judge(error, endpoint);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function encodingProblem(database: string, encoding: string): string {
  return `has the database ${database} in the encoding ${encoding}, which cannot hold every text: create one with ENCODING 'UTF8' TEMPLATE template0`;
}

/** `pg` connects its stream itself; this one is connected already. */
function asUnconnected(socket: Socket): Socket {
  return Object.assign(socket, {
    connect: () => {
      process.nextTick(() => {
        socket.emit("connect");
        socket.resume();
      });
      return socket;
    },
  });
}

function startupOf({ address, settings }: Authentication): SessionSettings {
  const { user, database, applicationName, fallbackApplicationName, options } = address;
  // `pg` takes `options` and `replication` from the environment, whatever the address says.
  const { options: _options, replication: _replication, ...own } = settings;
  const name = applicationName ?? own.application_name ?? fallbackApplicationName;
  return {
    ...own,
    user,
    database,
    client_encoding: "UTF8",
    ...(name !== undefined && { application_name: name }),
    ...(options !== undefined && { options }),
  };
}

function passwordOf(endpoint: PostgresEndpoint): string {
  if (endpoint.password === undefined) throw refusedConnection(endpoint, "asks for a password, and none is given");
  return endpoint.password;
}

/** Breaks the connection off before the password is sent in a way that is bound to no channel. */
function demandChannelBinding(
  client: Client,
  socket: Socket,
  endpoint: PostgresEndpoint,
  refuseBy: (refusal: SinkError) => void,
): void {
  const refuse = (): void =>
    refuseBy(refusedConnection(endpoint, "does not offer channel binding, which channel_binding=require demands"));
  let isBound = false;
  client.connection.on("authenticationSASL", ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    isBound = socket instanceof TLSSocket && mechanisms.includes("SCRAM-SHA-256-PLUS");
    if (!isBound) refuse();
  });
  client.connection.on("authenticationCleartextPassword", refuse);
  client.connection.on("authenticationMD5Password", refuse);
  client.connection.on("authenticationOk", () => {
    if (!isBound) refuse();
  });
}

function judge(error: unknown, endpoint: PostgresEndpoint): unknown {
  if (!(error instanceof Error) || error instanceof SinkError) return error;
  if ("severity" in error) return markConnectionPhase(judgeLogin(error, endpoint));
  if ("code" in error) return String(error.code).startsWith("ERR_SSL") ? judgeTlsError(error, endpoint) : error;
  if (error.message === "Connection terminated unexpectedly") return connectionClosed();
  // `pg` itself: a way of authentication that it does not know, or a server that does not know the password either.
  return refusedConnection(endpoint, `cannot be logged in to (${error.message})`, error);
}
