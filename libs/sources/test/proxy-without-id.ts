import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Stands before a broker and takes the cluster's id out of its answers, as of a broker that reports none. */
export async function startProxyWithoutId({
  address,
  clusterId,
}: {
  readonly address: string;
  readonly clusterId: string;
}) {
  const id = Buffer.concat([Buffer.from([0, clusterId.length]), Buffer.from(clusterId)]);
  const absent = Buffer.from([0xff, 0xff]);
  const [host = "", port] = address.split(":");
  const sockets = new Set<Socket>();

  /** A whole answer: its length, and what it holds. */
  function withoutId(answer: Buffer): Buffer {
    const at = answer.indexOf(id);
    if (at < 0) return answer;
    const changed = Buffer.concat([answer.subarray(0, at), absent, answer.subarray(at + id.length)]);
    changed.writeInt32BE(changed.length - 4, 0);
    // The broker names itself too: clients shall come back to the proxy.
    changed.writeInt32BE(portOf(server), changed.indexOf(host) + host.length);
    return changed;
  }

  const server = createServer((client) => {
    const broker = connect({ host, port: Number(port) });
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.pipe(broker);
    let received = Buffer.alloc(0);
    broker.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const end = 4 + received.readInt32BE(0);
        client.write(withoutId(received.subarray(0, end)));
        received = received.subarray(end);
      }
    });
  });
  server.listen(0, host);
  await once(server, "listening");
  return {
    address: `${host}:${portOf(server)}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
