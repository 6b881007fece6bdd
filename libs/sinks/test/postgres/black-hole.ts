import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A way to Postgres on which the network loses connections without a word: neither side hears that the other is gone. */
export interface BlackHole {
  readonly databaseUrl: string;
  /** Resolves once a connection has been lost. */
  readonly lost: Promise<void>;
}

/** A connection is lost, with what it just sent, where `swallows` says so: it is asked with all that a client has sent so far. */
export async function digBlackHole(
  databaseUrl: string,
  swallows: (connection: number, sent: string) => boolean,
): Promise<BlackHole> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let connections = 0;
  let tellLost: (() => void) | undefined;
  const lost = new Promise<void>((resolve) => {
    tellLost = resolve;
  });
  const server = createServer((near) => {
    connections += 1;
    const connection = connections;
    const far = connect(Number(target.port), target.hostname);
    let sent = "";
    let isLost = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    near.on("data", (chunk: Buffer) => {
      sent += chunk.toString("latin1");
      isLost ||= swallows(connection, sent);
      if (isLost) tellLost?.();
      else far.write(chunk);
    });
    far.on("data", (chunk: Buffer) => isLost || near.write(chunk));
    near.once("close", () => isLost || far.destroy());
    far.once("close", () => isLost || near.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return { databaseUrl: url.href, lost };
}
