import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import { describeEndpoint, type PostgresEndpoint } from "../../address/endpoint.js";
import type { PostgresAddress } from "../../address/parse-address.js";
import type { TlsSettings } from "../../address/tls.js";
import { refusedConnection } from "../../errors.js";

/** A request for TLS: its length, and 1234 and 5679 in place of a protocol version. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const acceptsTls = "S";

/** Whether a connection must be encrypted, must not, or is where the server offers it. */
export type Encryption = "plain" | "tls" | "tls-if-offered";

/**
 * A connection to one server, encrypted by the address's settings, before its first message. An abort of `signal` rejects with
 * its reason. Rejects with SinkError `refused-connection` where server and settings do not go together.
 */
export async function openSocket(
  { tls, keepAliveDelayMs }: PostgresAddress,
  endpoint: PostgresEndpoint,
  encryption: Encryption,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const { host, hostaddr, port, socketPath } = endpoint;
  const socket =
    socketPath === undefined
      ? connect({
          host: hostaddr ?? host,
          port,
          noDelay: true,
          ...(keepAliveDelayMs !== undefined && { keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs }),
        })
      : connect({ path: socketPath });
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await once(socket, "connect");
    if (tls === undefined || encryption === "plain") return socket;
    if (tls.negotiation === "postgres" && !(await offersTls(socket))) {
      if (encryption === "tls-if-offered") return socket;
      throw refusedConnection(endpoint, `offers no TLS, which sslmode=${tls.mode} demands`);
    }
    return await secure(socket, tls, endpoint);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function offersTls(socket: Socket): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("end", () => reject(connectionClosed()));
    socket.once("data", (answer: Buffer) => {
      socket.pause();
      socket.removeAllListeners("error").removeAllListeners("data");
      // Anything behind the answer was put there by somebody between us and the server.
      if (answer.length === 1) resolve(answer.toString("latin1") === acceptsTls);
      else reject(new Error("The server's answer to a request for TLS is not Postgres's"));
    });
    socket.write(sslRequest);
  });
}

async function secure(socket: Socket, tls: TlsSettings, endpoint: PostgresEndpoint): Promise<TLSSocket> {
  const { host } = endpoint;
  const secured = connectTls({
    socket,
    secureContext: tls.secureContext,
    rejectUnauthorized: tls.verify !== "nothing",
    checkServerIdentity: (_, certificate) =>
      tls.verify === "host" ? checkServerIdentity(host, certificate) : undefined,
    ...(tls.sni && isIP(host) === 0 && { servername: host }),
    ...(tls.negotiation === "direct" && { ALPNProtocols: ["postgresql"] }),
  });
  try {
    await once(secured, "secureConnect");
  } catch (cause) {
    throw judgeTlsError(cause, endpoint);
  }
  if (tls.negotiation === "direct" && secured.alpnProtocol !== "postgresql") {
    throw refusedConnection(endpoint, "does not take sslnegotiation=direct");
  }
  return secured;
}

const networkCode = /^E(CONN|PIPE|TIMEDOUT|HOST|NET)/;

/** An error of TLS itself, such as a certificate that is not trusted, is a refusal; one of the network may pass. */
export function judgeTlsError(error: unknown, endpoint: PostgresEndpoint): unknown {
  if (!(error instanceof Error) || !("code" in error) || networkCode.test(String(error.code))) return error;
  const { code, message } = error;
  return refusedConnection(endpoint, `cannot be trusted by TLS (${message.trim()}; ${String(code)})`, error);
}

export function connectionClosed(): Error {
  return Object.assign(new Error("The server closed the connection before it was ready"), { code: "ECONNRESET" });
}

/** For people to read, with what happened there. */
export function describeFailure(endpoint: PostgresEndpoint, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return `${describeEndpoint(endpoint)}: ${(error instanceof Error ? error.message : String(error)) || code}`;
}
