import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Dashboards, ServerEvents } from "../../src/protocol.js";

/** Where `build.mjs` puts the page. */
export const pageDirectory = join(import.meta.dirname, "../../dist/page");

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/** What a viewer is sent as soon as it asks for the stream of a choice; or the sentence with which it is refused. */
export type Answer = (query: URLSearchParams) => Partial<ServerEvents> & { readonly refusal?: string };

/** A server that speaks the page's protocol and says what a test wants it to: for what a pipeline would take hours to do. */
export interface PageServer {
  readonly url: string;
  readonly viewers: number;
  /** To everybody who looks. */
  send(events: Partial<ServerEvents>): void;
  /** Lets go of its port and of all viewers, as a server does that is stopped. */
  stop(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
}

export async function startPageServer(dashboards: Dashboards, answer: Answer): Promise<PageServer> {
  const viewers = new Set<ServerResponse>();
  let server: Server | undefined;
  let port = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://page");
    response.setHeader("content-security-policy", policy);
    if (pathname === "/api/dashboards") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(dashboards));
      return;
    }
    if (pathname === "/api/events") {
      const { refusal, ...events } = answer(searchParams);
      if (refusal !== undefined) {
        response.writeHead(503, { "content-type": "application/json" }).end(JSON.stringify({ error: refusal }));
        return;
      }
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        connection: "close",
      });
      viewers.add(response);
      response.on("close", () => viewers.delete(response));
      response.write(format(events));
      return;
    }
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    try {
      const body = await readFile(join(pageDirectory, name));
      response.setHeader("content-type", types[extname(name)] ?? "application/octet-stream");
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  async function start(): Promise<void> {
    const started = createServer((request, response) => void handle(request, response));
    server = started;
    await new Promise<void>((resolve) => {
      started.listen(port, "127.0.0.1", resolve);
    });
    const address = started.address();
    if (address !== null && typeof address === "object") port = address.port;
  }

  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    get viewers() {
      return viewers.size;
    },
    send(events) {
      for (const viewer of viewers) viewer.write(format(events));
    },
    start,
    async stop() {
      const stopped = server;
      server = undefined;
      await new Promise<void>((resolve) => {
        if (stopped === undefined) return resolve();
        stopped.close(() => resolve());
        stopped.closeAllConnections();
      });
    },
  };
}

const format = (events: Partial<ServerEvents>): string =>
  Object.entries(events)
    .map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    .join("");
