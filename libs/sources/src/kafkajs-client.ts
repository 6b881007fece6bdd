import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Kafka, logLevel, type ISocketFactoryArgs, type KafkaConfig, type RetryOptions } from "kafkajs";

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId?: string | undefined;
  readonly connection?: Pick<KafkaConfig, "ssl" | "sasl"> | undefined;
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

/** A kafkajs client that logs nothing and can be ended for sure. */
export function createClient(options: ClientOptions, retry: RetryOptions = RETRY): Client {
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

  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId ?? "tidemark",
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry,
    logLevel: logLevel.NOTHING,
    socketFactory: openSocket,
    ...options.connection,
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
