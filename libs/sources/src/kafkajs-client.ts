import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Kafka, logLevel, type ISocketFactoryArgs, type RetryOptions } from "kafkajs";
import type { KafkaConnection } from "./connection.js";
import { observeBrokers, type BrokerObserver } from "./kafkajs-broker.js";
import { patchKafkajs } from "./kafkajs-patches.js";

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId?: string | undefined;
  readonly connection?: KafkaConnection | undefined;
  /** Gets what kafkajs would log as errors: in some places that is the only trace of what it swallowed. */
  readonly onErrorLog?: (text: string) => void;
}

export interface Client {
  readonly kafka: Kafka;
  /** Ends every socket that the client opened or will open. kafkajs alone would keep the process alive for its retries. */
  close(): void;
}

/** Short: the session around it is what outlives a longer outage, with a fresh consumer. */
export const RETRY: RetryOptions = {
  retries: 5,
  initialRetryTime: 100,
  factor: 0.2,
  multiplier: 2,
  maxRetryTime: 1_000,
};

const KEEP_ALIVE_MS = 60_000;

/** A kafkajs client that logs nothing and can be ended for sure. `observer` is told of the ends of partitions. */
export function createClient(
  options: ClientOptions,
  retry: RetryOptions = RETRY,
  observer: BrokerObserver = {},
): Client {
  patchKafkajs();
  const sockets = new Set<Socket>();
  let closed = false;

  function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
    if (closed) throw new Error("the client is closed");
    const servername = isIP(host) === 0 ? { servername: host } : {};
    // kafkajs types `ssl` as always there; it is null without TLS.
    const socket = ssl
      ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
      : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    return socket;
  }

  observeBrokers(openSocket, observer);
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId ?? "tidemark",
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry,
    logLevel: options.onErrorLog === undefined ? logLevel.NOTHING : logLevel.ERROR,
    logCreator:
      () =>
      ({ log }) =>
        options.onErrorLog?.(`${log.message}: ${String(log["error"] ?? "")}`),
    socketFactory: openSocket,
    ...copyConnection(options.connection),
  });

  return {
    kafka,
    close() {
      closed = true;
      // An error, not a plain end: on it kafkajs rejects what is in flight instead of waiting out its timeouts.
      for (const socket of sockets) socket.destroy(new Error("the client is closed"));
    },
  };
}

/** kafkajs writes into the object of `sasl`. */
function copyConnection({ ssl, sasl }: KafkaConnection = {}): KafkaConnection {
  return { ...(ssl !== undefined && { ssl }), ...(sasl !== undefined && { sasl: { ...sasl } }) };
}
