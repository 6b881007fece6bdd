import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to the broker on which answers can be lost. */
export interface LossyProxy {
  readonly address: string;
  /** How many answers were lost so far. */
  lost(): number;
  close(): Promise<void>;
}

/**
 * Once so many bytes have gone to the broker as each of `losses` says, in rising order, its next answer does not arrive: both
 * ends see a closed connection. It is decided in here, where no answer can slip by meanwhile.
 */
export async function startLossyProxy(broker: string, losses: readonly number[]): Promise<LossyProxy> {
  const brokerPort = Number(broker.split(":")[1]);
  const sockets = new Set<Socket>();
  let bytes = 0;
  let lost = 0;
  const server = createServer((client) => {
    const upstream = connect(brokerPort, "127.0.0.1");
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => sockets.delete(socket));
      socket.on("close", end);
    }
    client.on("data", (chunk) => {
      bytes += chunk.length;
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (bytes < (losses[lost] ?? Number.POSITIVE_INFINITY)) {
        client.write(withPort(chunk, brokerPort, port));
        return;
      }
      lost += 1;
      end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    lost: () => lost,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// The broker's metadata names its own port (after the host, as an int32), which would lead clients past the proxy.
function withPort(answer: Buffer, from: number, to: number): Buffer {
  const at = answer.indexOf(endpoint(from));
  if (at >= 0) endpoint(to).copy(answer, at);
  return answer;
}

function endpoint(port: number): Buffer {
  const bytes = Buffer.from("127.0.0.1\0\0\0\0", "latin1");
  bytes.writeInt32BE(port, 9);
  return bytes;
}
