import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** One connection through the proxy: bytes go on as long as neither says no. */
export interface Fault {
  /** Milliseconds before the server is asked at all. */
  readonly delayMs?: number;
  /** Called with what the client sent, before it goes on; false cuts the connection. */
  readonly passOut?: (chunk: Buffer) => boolean;
  /** Called with what the server answered, before it goes on; false cuts the connection. */
  readonly passBack?: (chunk: Buffer) => boolean;
}

/** Stands between the consumer and Postgres, on loopback. */
export interface PostgresProxy {
  /** The database's address by way of the proxy. */
  readonly databaseUrl: string;
  /** Connections so far. */
  readonly connections: number;
  /** From now on nothing goes through, and no connection is cut: as a server that was stopped. */
  stall(): void;
  /** Cuts all that are open. */
  cut(): void;
  close(): Promise<void>;
}

/** `faultOf` is asked once for each connection. */
export async function startProxy(
  databaseUrl: string,
  faultOf: (connection: number) => Fault = () => ({}),
): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  let connections = 0;
  let stalled = false;

  const server = createServer((client) => {
    connections += 1;
    const fault = faultOf(connections);
    open.add(client);
    client.on("error", () => {});
    client.once("close", () => open.delete(client));
    client.pause();
    setTimeout(() => relay(client, fault), fault.delayMs ?? 0);
  });

  function relay(client: Socket, { passOut = () => true, passBack = () => true }: Fault): void {
    if (client.destroyed) return;
    const upstream = connect(Number(target.port), target.hostname);
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    upstream.on("error", cut);
    upstream.once("close", cut);
    client.once("close", cut);
    const pass = (to: Socket, chunk: Buffer, isPassed: boolean): void => {
      if (!isPassed) cut();
      else if (!stalled) to.write(chunk);
    };
    client.resume().on("data", (chunk: Buffer) => pass(upstream, chunk, passOut(chunk)));
    upstream.on("data", (chunk: Buffer) => pass(client, chunk, passBack(chunk)));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    databaseUrl: url.href,
    get connections() {
      return connections;
    },
    stall() {
      stalled = true;
    },
    cut() {
      for (const socket of open) socket.destroy();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
