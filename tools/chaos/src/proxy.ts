import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Stands between clients and a server on loopback, and can come between them. */
export interface Proxy {
  /** Where clients connect to. */
  readonly port: number;
  /** The ports from which the server sees the present connections come. */
  serverSidePorts(): number[];
  /** Closes all present connections at once, with what was on its way, and says how many; new ones are let through. */
  cut(): number;
  /** Nothing passes, in either direction, also no end of a connection; what is sent waits. New connections too. */
  stall(): void;
  /** Nothing passes from the clients to the server. */
  hold(): void;
  /** From the clients to the server little passes at a time: some 400 kB/s of each connection. */
  trickle(): void;
  /** All passes again. */
  release(): void;
  close(): Promise<void>;
}

const trickleBytes = 2_048;
const trickleEveryMs = 5;
const everything = Number.POSITIVE_INFINITY;

/** Listens on a free port of 127.0.0.1. Where the server does not answer, neither does the proxy. */
export async function startProxy(serverPort: number): Promise<Proxy> {
  const links = new Set<Link>();
  const toServer: Gate = { open: true };
  const toClient: Gate = { open: true };
  let trickling: NodeJS.Timeout | undefined;

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({ port: serverPort, host: "127.0.0.1", allowHalfOpen: true });
    const link: Link = {
      sockets: [client, server],
      up: createPump(client, server, toServer),
      down: createPump(server, client, toClient),
    };
    links.add(link);
    for (const socket of link.sockets) {
      socket.setNoDelay(true);
      socket.on("error", () => destroy(link));
      // One may have closed while what it said last, or that it said no more, still waits for the other's gate.
      socket.on("close", () => {
        if (link.sockets.every(({ destroyed }) => destroyed)) links.delete(link);
      });
    }
  });
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
    return many;
  }

  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    serverSidePorts: () => [...links].flatMap(({ sockets: [, server] }) => server.localPort ?? []),
    cut,
    stall: () => set(false, false),
    hold: () => set(false, true),
    trickle() {
      set(false, true);
      trickling = setInterval(() => {
        for (const link of links) link.up(trickleBytes);
      }, trickleEveryMs);
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
  readonly up: Pump;
  readonly down: Pump;
}

interface Gate {
  open: boolean;
}

/** Moves on what waits: all where the gate is open, else so many bytes. */
type Pump = (bytes: number) => void;

function createPump(from: Socket, to: Socket, gate: Gate): Pump {
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
    waiting.push(chunk);
    from.pause();
    move(0);
  });
  from.on("end", () => {
    ended = true;
    move(0);
  });
  to.on("drain", () => {
    full = false;
    move(0);
  });
  return move;
}
