import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeStackFile } from "@tidemark/cli";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { look } from "./event-client.js";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const fromSource = ["--conditions=@tidemark/source", "--import", "tsx", main];

/** Nobody answers there: none of this needs rows. */
const databaseUrl = "postgresql://nobody:secret@127.0.0.1:1/none";

let directory: string;
let children: ChildProcess[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tidemark-live-main-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
afterEach(async () => {
  for (const child of children) if (child.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
  children = [];
});

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [...fromSource, ...args], {
    env: { ...process.env, TIDEMARK_DIR: directory, LIVE_PORT: "0", DATABASE_URL: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.err += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code));
  });
  return { child, text, ended };
}

/** The address that it printed. */
async function findUrl({ text }: Pick<ReturnType<typeof start>, "text">): Promise<string> {
  await vi.waitUntil(() => text.out.includes("\n"), 30_000);
  return /^live {2}(http:\S+)\n$/.exec(text.out)?.[1] ?? "";
}

it.each(["SIGINT", "SIGTERM"] as const)(
  "prints its address in one line, and ends at once on %s, streams included",
  async (signal) => {
    const live = start([], { DATABASE_URL: databaseUrl });
    const url = await findUrl(live);
    const client = await look(url, "range=1h");
    await client.until(({ pulse }) => pulse?.database === "away");
    live.child.kill(signal);
    await client.ended;
    expect(await live.ended).toBe(0);
    expect(live.text.err).not.toContain("secret");
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  },
);

it("waits for a stack where no address is given, and ends with 1 when the stack has ended", async () => {
  const live = start([]);
  await vi.waitUntil(() => live.text.err.includes("waiting for a stack"), 30_000);
  const stack = spawn(process.execPath, ["-e", "setInterval(() => {}, 60_000)"]);
  children.push(stack);
  await writeStackFile(directory, { pid: stack.pid ?? 0, databaseUrl });
  const url = await findUrl(live);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  stack.kill("SIGKILL");
  expect(await live.ended).toBe(1);
  expect(live.text.err).toContain(
    `the stack (pid ${stack.pid}) has ended. Start it again: nx run stack:serve, or npm start.`,
  );
});

it.each([
  ["a wrong port", { LIVE_PORT: "x" }, /^live {2}LIVE_PORT got "x"; it takes a port from 0 to 65535\.\n$/],
  [
    "an address without a database",
    { DATABASE_URL: "postgresql://nobody:secret@127.0.0.1:1" },
    /^live {2}(?!.*secret).*names no database/,
  ],
  ["no Postgres's address", { DATABASE_URL: "http://127.0.0.1" }, /^live {2}DATABASE_URL: .*\n$/],
  [
    "an address that is not this machine's",
    { DATABASE_URL: databaseUrl, LIVE_HOST: "192.0.2.1" },
    /LIVE_PORT 0 on 192\.0\.2\.1 cannot be used/,
  ],
])("ends with 2 and one sentence for %s", async (_, env, sentence) => {
  const { ended, text } = start([], env);
  expect(await ended).toBe(2);
  expect(text.err).toMatch(sentence);
  expect(text.out).toBe("");
});

it("--help tells of its variables and starts nothing", async () => {
  const { ended, text } = start(["--help"], { LIVE_PORT: "x" });
  expect(await ended).toBe(0);
  expect(text.out).toMatch(/LIVE_PORT.*LIVE_HOST.*KAFKA_TOPIC.*DATABASE_URL.*TIDEMARK_DIR/s);
});
