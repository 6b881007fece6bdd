import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/**
 * The fate of bytes that have arrived: they pass; or their connection is cut; or it is lost: nothing passes any more in
 * either direction, and neither end is told.
 */
export type Fate = "pass" | "cut" | "lose";

/** Decides about one connection. Its functions see all bytes before they pass, and may change them in place. */
export interface ConnectionPlan {
  readonly fromClient?: (chunk: Buffer) => Fate;
  readonly fromServer?: (chunk: Buffer) => Fate;
  /** How long the connection to the server is put off, in ms. Default 0. */
  readonly delayMs?: number;
  /** The client is turned away. Default false. */
  readonly refuse?: boolean;
  /** The client's first bytes are answered with these, and the connection ends. The server hears nothing of it. */
  readonly answer?: Uint8Array;
}

/** Stands between clients and a server on loopback, and can disturb their connections. */
export interface Proxy {
  /** The port that clients connect to, on 127.0.0.1. */
  readonly port: number;
  /** The same URL with the proxy's port. */
  through(url: string): string;
  /** How many connections clients have made. */
  connections(): number;
  /** The ports from which the server sees the present connections come. */
  serverSidePorts(): number[];
  /** Closes all present connections at once, with what was on its way, and says how many; new ones are let through. */
  cut(): number;
  /** Nothing passes, in either direction, also no end of a connection; what is sent waits. New connections too. */
  stall(): void;
  /** All present connections are lost. */
  lose(): void;
  /** Nothing passes from the clients to the server. */
  hold(): void;
  /** From the clients to the server little passes at a time: default 400 kB/s of each connection. */
  trickle(bytesPerSecond?: number): void;
  /** From the server to the clients so many bytes a second pass on each connection. */
  slowDown(bytesPerSecond: number): void;
  /** New connections go to the server on another port of 127.0.0.1; present ones stay where they are. */
  pointTo(serverPort: number): void;
  /** All passes again. */
  release(): void;
  close(): Promise<void>;
}

const defaultTrickle = 400_000;
const trickleEveryMs = 5;
const slowEveryMs = 10;
const everything = Number.POSITIVE_INFINITY;

/**
 * Listens on a free port of 127.0.0.1. Where the server does not answer, neither does the proxy.
 *
 * `planOf` is asked once for each connection; they are numbered from 1.
 */
export async function startProxy(
  serverPort: number,
  planOf: (connection: number) => ConnectionPlan = () => ({}),
): Promise<Proxy> {
  const links = new Set<Link>();
  const early = new Set<Socket>();
  let connections = 0;
  let target = serverPort;
  const toServer: Gate = { open: true };
  const toClient: Gate = { open: true };
  let trickling: NodeJS.Timeout | undefined;

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    const plan = planOf(connections);
    client.on("error", () => undefined);
    early.add(client);
    const begin = (): void => {
      early.delete(client);
      if (plan.refuse === true) client.destroy();
      if (plan.answer !== undefined) answerOnce(client, plan.answer);
      else if (!client.destroyed) relay(client, plan);
    };
    if (plan.delayMs === undefined) begin();
    else setTimeout(begin, plan.delayMs);
  });

  function relay(client: Socket, { fromClient = pass, fromServer = pass }: ConnectionPlan): void {
    const server = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    const link: Link = {
      sockets: [client, server],
      isLost: false,
      up: createPump(client, server, toServer, (chunk) => isPassed(link, chunk && fromClient(chunk))),
      down: createPump(server, client, toClient, (chunk) => isPassed(link, chunk && fromServer(chunk))),
    };
    links.add(link);
    for (const socket of link.sockets) {
      socket.setNoDelay(true);
      socket.on("error", () => link.isLost || destroy(link));
      // One may have closed while what it said last, or that it said no more, still waits for the other's gate.
      socket.on("close", () => {
        if (link.sockets.every(({ destroyed }) => destroyed)) links.delete(link);
      });
    }
  }

  function isPassed(link: Link, fate: Fate = "pass"): boolean {
    if (fate === "cut") destroy(link);
    if (fate === "lose") link.isLost = true;
    return !link.isLost && fate === "pass";
  }

  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();

  function destroy(link: Link): void {
    links.delete(link);
    // Not resetAndDestroy: that waits for what is still to be written, and of one that was ending Node 20 never lets go.
    for (const socket of link.sockets) socket.destroy();
  }

  function set(up: boolean, down: boolean): void {
    clearInterval(trickling);
    toServer.open = up;
    toClient.open = down;
    for (const link of links) {
      link.up(0);
      link.down(0);
    }
  }

  function cut(): number {
    const many = links.size;
    for (const link of links) destroy(link);
    for (const client of early) client.destroy();
    early.clear();
    return many;
  }

  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    through(url) {
      const redirected = new URL(url);
      redirected.port = String(port);
      return redirected.href;
    },
    connections: () => connections,
    serverSidePorts: () => [...links].flatMap(({ sockets: [, server] }) => server.localPort ?? []),
    cut,
    stall: () => set(false, false),
    lose() {
      for (const link of links) link.isLost = true;
    },
    hold: () => set(false, true),
    trickle(bytesPerSecond = defaultTrickle) {
      set(false, true);
      const bytes = Math.ceil((bytesPerSecond * trickleEveryMs) / 1_000);
      trickling = setInterval(() => {
        for (const link of links) link.up(bytes);
      }, trickleEveryMs);
    },
    slowDown(bytesPerSecond) {
      set(true, false);
      const bytes = Math.ceil((bytesPerSecond * slowEveryMs) / 1_000);
      trickling = setInterval(() => {
        for (const link of links) link.down(bytes);
      }, slowEveryMs);
    },
    pointTo(otherPort) {
      target = otherPort;
    },
    release: () => set(true, true),
    async close() {
      clearInterval(trickling);
      const closed = once(listener, "close");
      listener.close();
      cut();
      await closed;
    },
  };
}

interface Link {
  readonly sockets: readonly [client: Socket, server: Socket];
  isLost: boolean;
  readonly up: Pump;
  readonly down: Pump;
}

const pass = (): Fate => "pass";

function answerOnce(client: Socket, answer: Uint8Array): void {
  client.once("data", () => client.end(answer));
}

interface Gate {
  open: boolean;
}

/** Moves on what waits: all where the gate is open, else so many bytes. */
type Pump = (bytes: number) => void;

/** Passes on what `isPassed` lets through: it is asked with each chunk, and with none about the end. */
function createPump(from: Socket, to: Socket, gate: Gate, isPassed: (chunk?: Buffer) => boolean): Pump {
  const waiting: Buffer[] = [];
  let ended = false;
  let full = false;

  function move(bytes: number): void {
    let left = gate.open ? everything : bytes;
    while (left > 0 && !full && !to.destroyed) {
      const chunk = waiting.shift();
      if (chunk === undefined) break;
      if (chunk.length > left) waiting.unshift(chunk.subarray(left));
      full = !to.write(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= chunk.length;
    }
    if (waiting.length > 0 || left <= 0) return;
    if (ended) to.end();
    else from.resume();
  }

  from.on("data", (chunk: Buffer) => {
    if (!isPassed(chunk)) return;
    waiting.push(chunk);
    from.pause();
    move(0);
  });
  from.on("end", () => {
    if (!isPassed()) return;
    ended = true;
    move(0);
  });
  to.on("drain", () => {
    full = false;
    move(0);
  });
  return move;
}
