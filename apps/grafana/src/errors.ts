import { SinkError } from "@tidemark/sinks";

export type GrafanaErrorCode =
  | "impossible-panel"
  | "impossible-link"
  | "bad-reader-url"
  | "no-reader"
  | "not-reachable"
  | "not-grafana"
  | "too-old"
  | "wrong-token"
  | "not-allowed"
  | "refused"
  | "no-datasource"
  | "provisioned";

/** A panel that Grafana can't show so, or a Grafana that can't be sent to; the message says why, and what to do. */
export class GrafanaError extends Error {
  override readonly name = "GrafanaError";
  readonly code: GrafanaErrorCode;

  constructor(code: GrafanaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function impossiblePanel(id: string, problem: string): GrafanaError {
  return new GrafanaError("impossible-panel", `the panel ${JSON.stringify(id)} ${problem}.`);
}

export function impossibleLink(from: string, to: string): GrafanaError {
  return new GrafanaError("impossible-link", `the dashboard ${from} links to ${JSON.stringify(to)}, which is none.`);
}

export function badReaderUrl(problem: string): GrafanaError {
  return new GrafanaError(
    "bad-reader-url",
    `READER_DATABASE_URL ${problem}; it takes the reader's address, such as postgresql://tidemark_reader:password@host:5432/database.`,
  );
}

/** `postgres` without its password. */
export function noReader(role: string, postgres: string, cause: unknown): GrafanaError {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  return new GrafanaError(
    "no-reader",
    `the role ${role} could not be made at ${postgres} (${reason}). DATABASE_URL takes the address of the tables' owner, who may create roles.`,
    { cause },
  );
}

export function notReachable(url: string, cause: unknown): GrafanaError {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  return new GrafanaError("not-reachable", `Grafana can't be reached at ${url} (${reason}). Does it run there?`, {
    cause,
  });
}

export function notGrafana(url: string, found: string): GrafanaError {
  return new GrafanaError(
    "not-grafana",
    `${url} is no Grafana: ${found}. GRAFANA_URL takes the address of its start page, with the path below which it is served.`,
  );
}

export function tooOld(url: string, version: string, oldest: number): GrafanaError {
  return new GrafanaError("too-old", `Grafana at ${url} is ${version}; the dashboards need ${oldest} or newer.`);
}

export function wrongToken(url: string): GrafanaError {
  return new GrafanaError(
    "wrong-token",
    `Grafana at ${url} does not know GRAFANA_TOKEN (401): it may have been deleted or have expired. Make one for a service account, under Administration.`,
  );
}

export function notAllowed(what: string, role: "Editor" | "Admin"): GrafanaError {
  return new GrafanaError(
    "not-allowed",
    `GRAFANA_TOKEN may not ${what} (403): its service account needs the role ${role}.`,
  );
}

export function refused(what: string, status: number, said: string): GrafanaError {
  return new GrafanaError("refused", `Grafana did not ${what}: it answered with ${status}, ${said}`);
}

export function noDatasource(uid: string): GrafanaError {
  return new GrafanaError(
    "no-datasource",
    `Grafana has no data source with the uid ${uid}, by which the dashboards name theirs. Set READER_DATABASE_URL, and it is made.`,
  );
}

export function isProvisioned(what: string): GrafanaError {
  return new GrafanaError(
    "provisioned",
    `${what} comes from files of that Grafana, and can only be changed there (nx run grafana:build).`,
  );
}

/** fetch says "fetch failed", Drizzle which query failed, and what it was only in the cause. */
function reasonOf(error: Error): string {
  const { cause } = error;
  if (error instanceof SinkError) return error.message.replace(/\.$/, "");
  if (!(cause instanceof Error)) return error.message;
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
