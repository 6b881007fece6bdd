import { once, setMaxListeners } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join, resolve } from "node:path";
import { serveConnection } from "./connection.js";
import { directoryError, listenError, requireDataDir } from "./errors.js";
import { createGroupCoordinator } from "./group/coordinator.js";
import { openOffsetStore } from "./group/offset-store.js";
import { attempt } from "./handlers/attempt.js";
import { clusterRoutes, type Node } from "./handlers/cluster.js";
import { fetchRoute } from "./handlers/fetch.js";
import { groupOffsetRoutes } from "./handlers/group-offsets.js";
import { groupRoutes } from "./handlers/groups.js";
import { produceRoutes } from "./handlers/produce.js";
import { topicRoutes } from "./handlers/topics.js";
import { openTopicRegistry } from "./log/topic-registry.js";
import { errorCode } from "./protocol/error-code.js";
import { openBrokerState } from "./storage/broker-state.js";
import { lockDirectory } from "./storage/directory-lock.js";

export interface BrokerOptions {
  /** Where topics, offsets and the cluster's id are kept; created where it is missing. One broker at a time. */
  readonly dataDir: string;
  /** 0 or absent: any free one. */
  readonly port?: number;
  readonly host?: "127.0.0.1";
  /** The port that clients are told to connect to, where something stands between them and the broker. Default: its own. */
  readonly advertisedPort?: number;
  /** Told, in a line each, of connections that were refused, data that was cut and writes that failed. */
  readonly log?: (line: string) => void;
}

export interface Broker {
  /** Where it listens: "127.0.0.1:19092". */
  readonly address: string;
  readonly port: number;
  /** Drawn when the directory was new, the same ever after. */
  readonly clusterId: string;
  /** Ends all connections, closes the files and frees the directory. A second call does nothing more. */
  close(): Promise<void>;
}

const retentionIntervalMs = 60_000;

/** Starts a broker. Rejects with EmbeddedKafkaError if it can't have its directory or its port; nothing is left then. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  requireDataDir(options);
  const { host = "127.0.0.1", log = () => undefined } = options;
  let port = options.port ?? 0;
  let node: Node = { host, port, clusterId: "" };
  const store = openStore(resolve(options.dataDir), () => node, log);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    void serveConnection(socket, store.routes, log);
  });
  try {
    port = await listen(server, port, host);
    node = { host, port: options.advertisedPort ?? port, clusterId: store.clusterId };
  } catch (error) {
    store.close();
    throw listenError(`${host}:${port}`, error);
  }

  async function shutDown(): Promise<void> {
    const ended = new Promise((done) => server.close(done));
    for (const socket of sockets) socket.destroy();
    await ended;
    store.close();
  }

  let closing: Promise<void> | null = null;
  const { clusterId } = node;
  return { address: `${host}:${port}`, port, clusterId, close: () => (closing ??= shutDown()) };
}

/** Everything behind the port. */
function openStore(dataDir: string, node: () => Node, log: (line: string) => void) {
  const cleanups: (() => void)[] = [];
  const close = (): void => {
    for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
  };
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    cleanups.push(lockDirectory(dataDir));
    const state = openBrokerState(join(dataDir, "broker.json"));
    const offsets = openOffsetStore(join(dataDir, "offsets.json"));
    const topics = openTopicRegistry(dataDir, log);
    const coordinator = createGroupCoordinator();
    const closing = new AbortController();
    setMaxListeners(0, closing.signal); // As many as fetches wait.
    const retention = setInterval(() => {
      const error = attempt(() => topics.applyRetention(Date.now()));
      if (error !== errorCode.none) log("could not delete old segments");
    }, retentionIntervalMs);
    cleanups.push(
      () => topics.close(),
      () => coordinator.close(),
      () => closing.abort(),
      () => clearInterval(retention),
    );
    const routes = [
      fetchRoute(topics, closing.signal),
      ...produceRoutes(topics, state, log),
      ...clusterRoutes(topics, node),
      ...groupRoutes(coordinator, offsets),
      ...groupOffsetRoutes(topics, coordinator, offsets),
      ...topicRoutes(topics, offsets),
    ];
    return { clusterId: state.clusterId, routes: new Map(routes.map((each) => [each.key, each])), close };
  } catch (error) {
    close();
    throw directoryError(dataDir, error);
  }
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen({ port, host });
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
