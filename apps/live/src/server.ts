import { getRequestListener } from "@hono/node-server";
import { createServer, type Server } from "node:http";
import type { createApp } from "./app.js";
import { cannotListen } from "./errors.js";
import { defaultPort } from "./options.js";

export interface LiveServer {
  /** As `http://host:port`. */
  readonly url: string;
  /** At once, streams included. */
  close(): Promise<void>;
}

/**
 * Listens on the port that was asked for; else on the default one, or a free one where that is taken.
 * @throws LiveError `CANNOT_LISTEN`
 */
export async function startServer(
  app: ReturnType<typeof createApp>,
  { host, port }: { readonly host: string; readonly port: number | undefined },
  say: (line: string) => void,
): Promise<LiveServer> {
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  try {
    await listen(server, host, port ?? defaultPort);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isTaken = "code" in error && error.code === "EADDRINUSE";
    if (port !== undefined || !isTaken) throw cannotListen(host, port ?? defaultPort, error);
    await listen(server, host, 0);
    say(`port ${defaultPort} is taken: it listens on another`);
  }
  const address = server.address();
  const open = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${open}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
