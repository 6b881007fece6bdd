import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeStackFile } from "@tidemark/cli";
import { startProgram, tidemarkProgram, until, type Program } from "@tidemark/testkit";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { look } from "./event-client.js";
import { startServers } from "./servers.js";

const program = tidemarkProgram("../src/main.ts", import.meta.url);

/** Nobody answers there: none of this needs rows. */
const databaseUrl = "postgresql://nobody:secret@127.0.0.1:1/none";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tidemark-live-main-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return startProgram([...program, ...args], {
    env: { ...process.env, TIDEMARK_DIR: directory, LIVE_PORT: "0", DATABASE_URL: "", ...env },
  });
}

/** The address that it printed. */
async function findUrl({ stdout }: Program): Promise<string> {
  await until(() => stdout().includes("\n"));
  return /^live {2}(http:\S+)\n$/.exec(stdout())?.[1] ?? "";
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
    expect(await live.exited).toBe(0);
    expect(live.stderr()).not.toContain("secret");
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  },
);

it("waits for a stack where no address is given, and ends with 1 when the stack has ended", async () => {
  const live = start([]);
  await live.says(/waiting for a stack/);
  const stack = startProgram([process.execPath, "-e", "setInterval(() => {}, 60_000)"]);
  await writeStackFile(directory, { pid: stack.pid, databaseUrl });
  const url = await findUrl(live);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  stack.child.kill("SIGKILL");
  expect(await live.exited).toBe(1);
  expect(live.stderr()).toContain(
    `the stack (pid ${stack.pid}) has ended. Start it again: nx run stack:serve, or npm start.`,
  );
});

it.each([
  ["a wrong port", { LIVE_PORT: "x" }, /^live {2}LIVE_PORT got "x"; it takes a port from 0 to 65535\.\n$/],
  [
    "an address that libpq does not take",
    { DATABASE_URL: "postgresql://nobody:secret@127.0.0.1:1/db?sslmode=sometimes" },
    /^live {2}DATABASE_URL: (?!.*secret).*sslmode.*\n$/,
  ],
  ["no Postgres's address", { DATABASE_URL: "http://127.0.0.1" }, /^live {2}DATABASE_URL: .*\n$/],
  [
    "an address that is not this machine's",
    { DATABASE_URL: databaseUrl, LIVE_HOST: "192.0.2.1" },
    /LIVE_PORT 0 on 192\.0\.2\.1 cannot be used/,
  ],
])("ends with 2 and one sentence for %s", async (_, env, sentence) => {
  const { exited, stdout, stderr } = start([], env);
  expect(await exited).toBe(2);
  expect(stderr()).toMatch(sentence);
  expect(stdout()).toBe("");
});

it.each([
  ["a wrong password", (url: URL) => (url.password = "wrong-secret"), /password authentication failed/],
  ["a database that is not there", (url: URL) => (url.pathname = "/nowhere"), /database "nowhere" does not exist/],
  ["a server without the TLS that is asked for", (url: URL) => (url.search = "?sslmode=require"), /offers no TLS/],
])("ends with 2 and one sentence for %s, before anybody looks", async (_, change, sentence) => {
  const servers = await startServers();
  onTestFinished(() => servers.close());
  const url = new URL(await servers.createDatabase({ migrated: false }));
  change(url);
  const { exited, stderr } = start([], { DATABASE_URL: url.href });
  expect(await exited).toBe(2);
  const said = stderr()
    .split("\n")
    .filter((line) => !line.includes("is not built"));
  expect(said).toEqual([expect.stringMatching(/^live {2}Postgres cannot be read: .+\. Check DATABASE_URL\.$/), ""]);
  expect(said[0]).toMatch(sentence);
  expect(said[0]).not.toContain("secret");
});

it("--help tells of its variables and starts nothing", async () => {
  const { exited, stdout } = start(["--help"], { LIVE_PORT: "x" });
  expect(await exited).toBe(0);
  expect(stdout()).toMatch(/LIVE_PORT.*LIVE_HOST.*KAFKA_TOPIC.*DATABASE_URL.*TIDEMARK_DIR/s);
});
