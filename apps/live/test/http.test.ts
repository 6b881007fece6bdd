import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request, type IncomingMessage, type RequestOptions } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { panelsOf } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LiveError } from "../src/errors.js";
import { startLive } from "../src/live.js";
import type { Dashboards } from "../src/protocol.js";
import type { LiveServer } from "../src/server.js";
import { look } from "./event-client.js";

/** Nobody answers there, which none of this needs. */
const databaseUrl = "postgresql://nobody@127.0.0.1:1/none";
const script = `console.log("${"tide".repeat(200)}");\n`;

let directory: string;
let live: LiveServer;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tidemark-live-page-"));
  await mkdir(join(directory, "assets"));
  await writeFile(join(directory, "index.html"), "<!doctype html><title>Tidemark</title>");
  await writeFile(join(directory, "assets/main-ABCD1234.js"), script);
  await writeFile(join(directory, "notes.txt"), "not a part of the page");
  live = await start();
});
afterAll(async () => {
  await live.close();
  await rm(directory, { recursive: true, force: true });
});

const start = (options: Partial<Parameters<typeof startLive>[0]> = {}, lines: string[] = []): Promise<LiveServer> =>
  startLive(
    { port: 0, host: "127.0.0.1", topic: "socmed-events", ...options },
    { databaseUrl, say: (line) => lines.push(line), pageDirectory: directory },
  );

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** As `fetch`, which neither lets one set every header nor leaves the body as it came. */
function ask(path: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(new URL(path, live.url), { ...options, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    })
      .on("error", reject)
      .end();
  });
}

describe("the page's files", () => {
  it("are sent as the browser can take them, the smallest first", async () => {
    const asset = "/assets/main-ABCD1234.js";
    const plain = await ask(asset);
    const zipped = await ask(asset, { headers: { "accept-encoding": "gzip" } });
    const smallest = await ask(asset, { headers: { "accept-encoding": "gzip, deflate, br, zstd" } });
    expect(plain.body.toString()).toBe(script);
    expect(plain.headers).not.toHaveProperty("content-encoding");
    expect([zipped.headers["content-encoding"], gunzipSync(zipped.body).toString()]).toEqual(["gzip", script]);
    expect([smallest.headers["content-encoding"], brotliDecompressSync(smallest.body).toString()]).toEqual([
      "br",
      script,
    ]);
    expect(smallest.body.length).toBeLessThan(plain.body.length / 4);
    expect(smallest.headers).toMatchObject({
      vary: "accept-encoding",
      "content-type": "text/javascript; charset=utf-8",
    });
  });

  it("that have their hash in the name are kept for good; the page itself is asked for again, and sent only where it is another", async () => {
    const asset = await ask("/assets/main-ABCD1234.js");
    const page = await ask("/");
    expect(asset.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(page.headers).toMatchObject({ "cache-control": "no-cache", "content-type": "text/html; charset=utf-8" });
    const again = await ask("/", { headers: { "if-none-match": String(page.headers.etag) } });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, page.headers.etag]);
    expect((await ask("/", { headers: { "if-none-match": '"another"' } })).status).toBe(200);
  });

  it("are all that can be had", async () => {
    const paths = [
      "/notes.txt",
      "/index.html/",
      "/..%2f..%2fetc%2fpasswd",
      "/assets/",
      "/%00",
      "/main.ts",
      "/assets/%2e%2e/notes.txt",
    ];
    const answers = await Promise.all(paths.map((path) => ask(path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404));
    expect((await ask("/", { method: "POST" })).status).toBe(404);
  });
});

it.each(["/", "/assets/main-ABCD1234.js", "/api/dashboards", "/api/events?tab=none", "/healthz", "/nothing"])(
  "%s comes with a policy that lets the page load nothing from elsewhere and run nothing inline",
  async (path) => {
    const { headers } = await ask(path);
    const policy = String(headers["content-security-policy"]).split("; ");
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy.join()).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  },
);

it("the stream comes with the same policy, is kept by nobody, and held back by no proxy", async () => {
  const { response, leave } = await look(live.url, "range=1h");
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  leave();
});

it.each(["localhost:4321", "127.0.0.1", "127.8.9.10:80", "[::1]:4321", "LOCALHOST"])(
  "answers to the name %s",
  async (host) => {
    expect((await ask("/", { headers: { host } })).status).toBe(200);
  },
);

it.each(["tidemark.example", "localhost.example:4321", "127.0.0.1.example", "192.168.0.1:4321"])(
  "on loopback it does not answer to %s, which somebody made to lead here",
  async (host) => {
    for (const path of ["/", "/api/events", "/api/dashboards"])
      expect((await ask(path, { headers: { host } })).status).toBe(421);
  },
);

it("on another address it answers to any name", async () => {
  const open = await start({ host: "0.0.0.0" });
  const { port } = new URL(open.url);
  const { status } = await ask(`http://127.0.0.1:${port}/`, { headers: { host: "tidemark.example" } });
  expect(status).toBe(200);
  await open.close();
});

it.each([
  ["an unknown tab", "tab=none", "tab takes one of social-media-performance, pipeline-health"],
  ["an unknown range", "range=2h", "range takes one of 5m, 1h, 24h, all"],
  ["a name that objects have", "range=__proto__", "range takes one of 5m, 1h, 24h, all"],
  ["two ranges", "range=1h&range=5m", "range takes one of 5m, 1h, 24h, all, once"],
  ["too long a name", `city=${"x".repeat(101)}`, "city takes names of 1 to 100 characters"],
  ["what Postgres cannot store", "city=a%00b", "city takes names of 1 to 100 characters"],
  ["none and some", "city=&city=Bogor", "city takes names of 1 to 100 characters"],
  ["a blank name", "platform=x&platform=%20", "platform takes names of 1 to 100 characters"],
  ["too many names", "city=a&".repeat(51), "city takes at most 50 names"],
])("refuses %s with one sentence", async (_, choice, problem) => {
  const { status, headers, body } = await ask(`/api/events?${choice}`);
  expect([status, headers["content-type"]]).toEqual([400, "application/json"]);
  expect(JSON.parse(body.toString())).toEqual({ error: `The parameter ${problem}.` });
});

it("tells all that a page needs of the panels, and none of their SQL", async () => {
  const { headers, body } = await ask("/api/dashboards");
  expect(headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-cache" });
  const told: Dashboards = JSON.parse(body.toString());
  expect(told.topic).toBe("socmed-events");
  expect(told.dashboards.map(({ id, title }) => ({ id, title }))).toEqual(
    dashboards.map(({ id, title }) => ({ id, title })),
  );
  for (const [at, { panels }] of told.dashboards.entries()) {
    const defined = dashboards.slice(at, at + 1).flatMap(panelsOf);
    expect(panels.map(({ id }) => id)).toEqual(defined.map(({ id }) => id));
    for (const [index, panel] of panels.entries()) {
      expect(defined[index]).toMatchObject(JSON.parse(JSON.stringify(panel)));
    }
  }
  expect(body.toString()).not.toMatch(/select|socmed_|"sql"/i);
});

it("says that it lives", async () => {
  const { status, body } = await ask("/healthz");
  expect([status, body.toString()]).toEqual([200, '{"ok":true}']);
});

it("without a built page it says how to build it", async () => {
  const lines: string[] = [];
  const bare = await startLive(
    { port: 0, host: "127.0.0.1", topic: "socmed-events" },
    { databaseUrl, say: (line) => lines.push(line), pageDirectory: join(directory, "assets") },
  );
  const { status, body } = await ask(`${bare.url}/`);
  expect([status, body.toString(), lines]).toEqual([
    503,
    "The page is not built: nx run live:build\n",
    ["the page is not built: nx run live:build"],
  ]);
  await bare.close();
});

it("takes a free port where the default one is taken, and says so; a port that was asked for is refused", async () => {
  const other = createServer();
  // Whoever listens there already does as well.
  await new Promise<void>((resolve) => {
    other.once("error", () => resolve()).listen(4321, "127.0.0.1", resolve);
  });
  const lines: string[] = [];
  const elsewhere = await start({ port: undefined }, lines);
  expect(elsewhere.url).not.toContain(":4321");
  expect(lines).toEqual(["port 4321 is taken: it listens on another"]);
  await elsewhere.close();
  other.close();
  const { port } = new URL(live.url);
  const refused = await start({ port: Number(port) }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(LiveError);
  expect(refused).toMatchObject({ code: "CANNOT_LISTEN", message: expect.stringContaining(`LIVE_PORT ${port}`) });
});

it("closes at once, streams included", async () => {
  const closing = await start();
  const clients = await Promise.all([look(closing.url, "range=1h"), look(closing.url, "tab=pipeline-health")]);
  await Promise.all([closing.close(), ...clients.map(({ ended }) => ended)]);
  await expect(fetch(closing.url)).rejects.toThrow("fetch failed");
});
