import { startProxy } from "@tidemark/testkit";

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
  let bytes = 0;
  let lost = 0;
  const proxy = await startProxy(brokerPort, () => ({
    fromClient(chunk) {
      bytes += chunk.length;
      return "pass";
    },
    fromServer(chunk) {
      if (bytes < (losses[lost] ?? Number.POSITIVE_INFINITY)) {
        replacePort(chunk, brokerPort, proxy.port);
        return "pass";
      }
      lost += 1;
      return "cut";
    },
  }));
  return { address: `127.0.0.1:${proxy.port}`, lost: () => lost, close: proxy.close };
}

// The broker's metadata names its own port (after the host, as an int32), which would lead clients past the proxy.
function replacePort(answer: Buffer, from: number, to: number): void {
  const at = answer.indexOf(endpoint(from));
  if (at >= 0) endpoint(to).copy(answer, at);
}

function endpoint(port: number): Buffer {
  const bytes = Buffer.from("127.0.0.1\0\0\0\0", "latin1");
  bytes.writeInt32BE(port, 9);
  return bytes;
}
