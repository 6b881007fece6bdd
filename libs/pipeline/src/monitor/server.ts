import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { PostgresProbe } from "./postgres-probe.js";
import type { Metrics } from "./prometheus.js";

/** Where the consumer can be watched. */
export interface MonitorAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** The address cannot be listened on. */
export class MonitorError extends Error {
  override readonly name = "MonitorError";
}

export interface Monitor {
  /** As `http://host:port`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves /healthz (200, or 503 where a restart would help), /readyz (200, or 503 with the reason as JSON) and /metrics.
 *
 * @throws MonitorError
 */
export async function startMonitor(address: MonitorAddress, metrics: Metrics, probe: PostgresProbe): Promise<Monitor> {
  const { state } = metrics;

  async function answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case "/healthz":
        return sendReason(response, state.stuckReason(performance.now()));
      case "/readyz":
        state.onPostgresProbe(await probe.ask());
        return sendReason(response, state.unreadyReason());
      case "/metrics":
        response.setHeader("content-type", metrics.contentType);
        response.end(await metrics.expose());
        return undefined;
      default:
        response.statusCode = 404;
        response.end("There are /healthz, /readyz and /metrics.\n");
        return undefined;
    }
  }

  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    answer(path, response).catch((error: unknown) => {
      response.writeHead(500).end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(address, error)));
    server.listen(address.port, address.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await probe.close();
    },
  };
}

function sendReason(response: ServerResponse, reason: string | undefined): void {
  response.writeHead(reason === undefined ? 200 : 503, { "content-type": "application/json" });
  response.end(`${JSON.stringify(reason === undefined ? { ok: true } : { ok: false, reason })}\n`);
}

function cannotListen({ host, port }: MonitorAddress, error: Error): MonitorError {
  const isTaken = "code" in error && error.code === "EADDRINUSE";
  const why = isTaken ? "somebody else listens there already" : error.message;
  return new MonitorError(
    `METRICS_PORT ${port} on ${host} cannot be used (${why}): choose another, or 0 for any that is free.`,
    { cause: error },
  );
}
