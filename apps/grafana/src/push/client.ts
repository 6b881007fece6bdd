import { z } from "zod";
import { notAllowed, notGrafana, notReachable, refused, tooOld, wrongToken } from "../errors.js";

/** How long Grafana may take for an answer, in ms. */
const patienceMs = 20_000;

/** The first version whose dashboards have all that ours use. */
const oldestVersion = 12;

export interface GrafanaAddress {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
}

/** What is done, in words ("save the dashboard X"), and which role may do it. */
export interface Purpose {
  readonly what: string;
  readonly role: "Editor" | "Admin";
}

/** Grafana's HTTP API, as a service account. All of it rejects with GrafanaError. */
export interface GrafanaClient {
  /** The JSON at a path; undefined where there is none (404). */
  read(path: string, purpose: Purpose): Promise<unknown>;
  write(method: "POST" | "PUT", path: string, body: unknown, purpose: Purpose): Promise<void>;
}

const healthSchema = z.object({ database: z.string(), version: z.string().optional() });
const messageSchema = z.object({ message: z.string() });

/** Asks whether a Grafana that is new enough is there. */
export async function connectGrafana(address: GrafanaAddress): Promise<GrafanaClient> {
  const { url } = address;
  const answer = await request(address, "GET", "/api/health");
  if (answer.status >= 300 && answer.status < 400) throw notGrafana(url, `it sends one on to ${answer.location}`);
  const health = healthSchema.safeParse(answer.json);
  if (!health.success) throw notGrafana(url, `its /api/health answers with ${answer.status} and not as Grafana's does`);
  const { version } = health.data;
  if (version !== undefined && Number.parseInt(version, 10) < oldestVersion) throw tooOld(url, version, oldestVersion);
  return {
    async read(path, purpose) {
      const found = await request(address, "GET", path);
      if (found.status === 404) return undefined;
      checkAnswer(url, found, purpose);
      return found.json;
    },
    async write(method, path, body, purpose) {
      checkAnswer(url, await request(address, method, path, body), purpose);
    },
  };
}

interface Answer {
  readonly status: number;
  /** Undefined where the body is no JSON. */
  readonly json: unknown;
  readonly location: string;
}

async function request({ url, token }: GrafanaAddress, method: string, path: string, body?: unknown): Promise<Answer> {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A redirect would lose the body, and takes the token elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(patienceMs),
    });
    const json = parseJson(await response.text());
    return { status: response.status, json, location: response.headers.get("location") ?? "elsewhere" };
  } catch (cause) {
    throw notReachable(url, cause);
  }
}

function checkAnswer(url: string, { status, json }: Answer, { what, role }: Purpose): void {
  if (status === 401) throw wrongToken(url);
  if (status === 403) throw notAllowed(what, role);
  if (status >= 200 && status < 300 && json !== undefined) return;
  const message = messageSchema.safeParse(json);
  throw refused(what, status, message.success ? JSON.stringify(message.data.message) : "and no message");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
