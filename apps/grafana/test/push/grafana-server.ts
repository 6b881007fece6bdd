import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Json = Record<string, unknown>;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What is kept, as Grafana's API documents it. */
export interface GrafanaState {
  readonly folders: Map<string, Json>;
  readonly datasources: Map<string, Json>;
  readonly dashboards: Map<string, { dashboard: Json; meta: Json }>;
}

export interface GrafanaServer {
  readonly url: string;
  readonly state: GrafanaState;
  /** What was asked to be written: method and path. */
  readonly writes: string[];
  close(): Promise<void>;
}

export const tokens = { editor: "glsa_editor", admin: "glsa_admin", viewer: "glsa_viewer" } as const;

/** A small server that answers as Grafana's documentation says of the few calls that a push makes. */
export async function startGrafana(health: Json = { database: "ok", version: "13.1.4" }): Promise<GrafanaServer> {
  const state: GrafanaState = { folders: new Map(), datasources: new Map(), dashboards: new Map() };
  const writes: string[] = [];
  const server = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const { method = "GET", url: path = "/" } = request;
    if (method !== "GET") writes.push(`${method} ${path}`);
    const role = roleOf(request.headers.authorization);
    const said = path === "/api/health" ? { status: 200, body: health } : answer(state, role, method, path, body);
    response.writeHead(said.status, { "content-type": "application/json" }).end(JSON.stringify(said.body));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    state,
    writes,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Json> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : JSON.parse(text);
}

type Role = keyof typeof tokens;

function roleOf(authorization = ""): Role | undefined {
  const found = Object.entries(tokens).find(([, token]) => authorization === `Bearer ${token}`);
  return found?.[0] as Role | undefined;
}

const message = (status: number, text: string): Answer => ({ status, body: { message: text } });
const notFound = message(404, "Not found");

function answer(state: GrafanaState, role: Role | undefined, method: string, path: string, body: Json): Answer {
  if (role === undefined) return message(401, "Invalid API key");
  const [, , kind = "", ...rest] = path.split("/");
  const uid = rest.at(-1) ?? "";
  const needs =
    kind === "datasources" ? ["admin"] : method === "GET" ? ["viewer", "editor", "admin"] : ["editor", "admin"];
  if (!needs.includes(role)) return message(403, "You'll need additional permissions to perform this action.");
  if (kind === "folders") return keepFolder(state, method, uid, body);
  if (kind === "datasources") return keepDatasource(state, method, uid, body);
  if (path === "/api/dashboards/db" && method === "POST") return keepDashboard(state, body);
  if (path.startsWith("/api/dashboards/uid/") && method === "GET") {
    const found = state.dashboards.get(uid);
    return found === undefined ? notFound : { status: 200, body: found };
  }
  return notFound;
}

function keepFolder({ folders }: GrafanaState, method: string, uid: string, body: Json): Answer {
  if (method === "POST") {
    if (folders.has(String(body["uid"]))) return message(409, "a folder with that uid exists");
    folders.set(String(body["uid"]), { id: 1, version: 1, ...body });
    return { status: 200, body };
  }
  const found = folders.get(uid);
  if (found === undefined) return notFound;
  if (method === "PUT") {
    if (body["overwrite"] !== true && body["version"] !== found["version"]) return message(412, "version mismatch");
    found["title"] = body["title"];
  }
  return { status: 200, body: found };
}

function keepDatasource({ datasources }: GrafanaState, method: string, path: string, body: Json): Answer {
  const uid = method === "POST" ? String(body["uid"]) : path;
  const found = datasources.get(uid);
  if (method === "POST" && found !== undefined) return message(409, "data source with the same uid already exists");
  if (method !== "POST" && found === undefined) return notFound;
  if (method === "GET") return { status: 200, body: found };
  const { secureJsonData: _, ...visible } = body;
  // Of its secrets Grafana tells only that they are there.
  datasources.set(uid, {
    id: 1,
    orgId: 1,
    basicAuth: false,
    readOnly: false,
    secureJsonFields: { password: true },
    ...visible,
  });
  return { status: 200, body: { message: "Datasource saved", datasource: visible } };
}

function keepDashboard({ folders, dashboards }: GrafanaState, body: Json): Answer {
  const { dashboard, folderUid, overwrite } = body as { dashboard: Json; folderUid?: string; overwrite?: boolean };
  const uid = String(dashboard["uid"]);
  const found = dashboards.get(uid);
  if (folderUid !== undefined && !folders.has(folderUid)) return message(400, "folder not found");
  if (found?.meta["provisioned"] === true) return message(400, "Cannot save provisioned dashboard");
  if (found !== undefined && overwrite !== true) return message(412, "The dashboard has been changed by someone else");
  const version = Number(found?.dashboard["version"] ?? 0) + 1;
  dashboards.set(uid, { dashboard: asKept({ ...dashboard, id: 7, version }), meta: { folderUid, provisioned: false } });
  return { status: 200, body: { uid, status: "success", version } };
}

/** Leaves out what is empty, and adds what it knows of itself. */
function asKept(dashboard: Json): Json {
  const panels = (dashboard["panels"] as Json[]).map((panel) => ({
    ...Object.fromEntries(Object.entries(panel).filter(([, value]) => !Array.isArray(value) || value.length > 0)),
    pluginVersion: "13.1.4",
  }));
  return { ...dashboard, panels, schemaVersion: 43, weekStart: "", liveNow: false };
}
