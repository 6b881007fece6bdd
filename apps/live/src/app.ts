import type { HttpBindings } from "@hono/node-server";
import { Hono, type Context } from "hono";
import type { Broadcast } from "./broadcast.js";
import { parseChoice } from "./choice.js";
import { LiveError } from "./errors.js";
import { streamEvents } from "./event-stream.js";
import { checkHost, secureHeaders } from "./guards.js";
import type { Body, PageFile } from "./page-files.js";
import type { Refusal } from "./protocol.js";

/** Below each request lie Node's own objects. */
export interface LiveEnv {
  readonly Bindings: HttpBindings;
}

export interface AppParts {
  readonly broadcast: Broadcast;
  /** By their paths. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** What it listens on. */
  readonly host: string;
  /** Told of what should not have happened. */
  readonly log: (line: string) => void;
}

/** The page, what there is to look at, and the stream of what is looked at. */
export function createApp({ broadcast, files, host, log }: AppParts): Hono<LiveEnv> {
  const app = new Hono<LiveEnv>();
  app.use(secureHeaders, checkHost(host));
  app.get("/healthz", (context) => context.json({ ok: true }));
  app.get("/api/events", (context) => {
    const choice = parseChoice(new URL(context.req.url).searchParams);
    // Nobody would take what is streamed.
    if (context.req.method === "HEAD") return context.body(null, 200, streamHeaders);
    const viewer = broadcast.join(choice);
    if (viewer === undefined) {
      return context.json(refusal("Too many look at too many things at once: try again later."), 503);
    }
    viewer.dropped.addEventListener("abort", () => context.env.outgoing.destroy());
    return context.body(streamEvents(viewer), 200, streamHeaders);
  });
  app.get("*", (context) => sendFile(context, files));
  app.onError((error, context) => {
    if (error instanceof LiveError && error.code === "WRONG_CHOICE") return context.json(refusal(error.message), 400);
    log(error.stack ?? error.message);
    return context.json(refusal("The server failed."), 500);
  });
  return app;
}

const refusal = (error: string): Refusal => ({ error });

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Chromium would keep the connection of a stream that was left before its first event for 5 s more, to use it again.
  connection: "close",
  // Proxies would hold events back until they have some kilobytes.
  "x-accel-buffering": "no",
};

function sendFile(context: Context, files: ReadonlyMap<string, PageFile>): Response {
  const file = files.get(context.req.path);
  if (file === undefined && !files.has("/")) return context.text("The page is not built: nx run live:build\n", 503);
  if (file === undefined) return context.text("Not found.\n", 404);
  const { etag, cacheControl, type } = file;
  const headers = { etag, "cache-control": cacheControl, vary: "accept-encoding" };
  if (context.req.header("if-none-match")?.includes(etag) === true) return context.body(null, 304, headers);
  const { coding, bytes } = chooseBody(file, context.req.header("accept-encoding") ?? "");
  const encoded = coding === "identity" ? {} : { "content-encoding": coding };
  return context.body(bytes, 200, { ...headers, "content-type": type, ...encoded });
}

function chooseBody({ compressed, plain }: PageFile, accepted: string): Body {
  const wanted = new Set(accepted.split(",").map((part) => part.split(";")[0]?.trim().toLowerCase()));
  return compressed.find(({ coding }) => wanted.has(coding)) ?? plain;
}
