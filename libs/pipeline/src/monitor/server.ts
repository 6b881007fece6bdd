import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createPostgresProbe } from "./postgres-probe.js";
import { createMetrics, type MetricsSource } from "./prometheus.js";

/** Where a pipeline's monitor listens. */
export interface MonitorAddress {
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
}

/** The monitor cannot listen at its address. */
export class MonitorError extends Error {
  readonly code = "cannot-listen";
  override readonly name = "MonitorError";
}

/** The tables that are asked whether Postgres answers. */
export interface MonitoredTables {
  readonly databaseUrl: string;
  readonly pipeline: string;
  readonly topic: string;
}

export interface Monitor {
  /** As `http://host:port`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves /healthz (200, or 503 where a restart would help; beside that what is written to Postgres now and was written last, so that a
 * slow link can be told from an outage), /readyz (200, or 503 with the reason as JSON) and /metrics. The JSON of both lists under
 * `degraded` what is wrong though it is at work.
 *
 * @throws MonitorError
 */
export async function startMonitor(
  address: MonitorAddress,
  source: MetricsSource,
  tables: MonitoredTables,
): Promise<Monitor> {
  const { health } = source;
  const metrics = createMetrics(source);
  const probe = createPostgresProbe(tables.databaseUrl, tables);

  async function answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case "/healthz":
        return sendReason(response, health.stuckReason(performance.now()), health.degradedReasons(), {
          postgres: health.postgresTrouble ?? "answers",
          ...describeOpenTransactions(health),
          ...health.activity(performance.now()),
        });
      case "/readyz":
        health.onPostgresProbe(await probe.ask());
        return sendReason(response, health.unreadyReason(), health.degradedReasons());
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

/** What stands behind open transactions, however short they have been open. */
function describeOpenTransactions({ held }: MetricsSource["health"]): object {
  if (held.size === 0) return {};
  return {
    openTransactions: [...held.values()].map(({ partition, from, to, sinceMs }) => ({
      partition,
      records: to - from,
      lastStableOffset: from,
      highWatermark: to,
      since: new Date(sinceMs).toISOString(),
    })),
  };
}

function sendReason(
  response: ServerResponse,
  reason: string | undefined,
  degraded: readonly string[],
  more: object = {},
): void {
  const answer = { ...(reason === undefined ? { ok: true } : { ok: false, reason }), ...more };
  response.writeHead(reason === undefined ? 200 : 503, { "content-type": "application/json" });
  response.end(`${JSON.stringify(degraded.length === 0 ? answer : { ...answer, degraded })}\n`);
}

function cannotListen({ host, port }: MonitorAddress, error: Error): MonitorError {
  const isTaken = "code" in error && error.code === "EADDRINUSE";
  const why = isTaken ? "somebody else listens there already" : error.message;
  return new MonitorError(
    `Port ${port} on ${host} cannot be used (${why}): choose another, or 0 for any that is free.`,
    { cause: error },
  );
}
