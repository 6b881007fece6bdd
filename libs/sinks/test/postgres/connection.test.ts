import { once } from "node:events";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { begin } from "../../src/postgres/begin.js";
import { createPool, defaultLimits, onConnection } from "../../src/postgres/connection.js";
import { SinkError } from "../../src/errors.js";
import { fly } from "../../src/postgres/flight.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const impatient = { ...defaultLimits, idleInTransactionTimeoutMs: 1 };

/** Begins a transaction that Postgres ends between two statements, then does `next`. */
async function afterItsEnd(next: (query: (text: string) => Promise<unknown>) => Promise<unknown>): Promise<unknown> {
  const pool = createPool(await server.createDatabase(), 1);
  onTestFinished(() => pool.end());
  return onConnection(pool, impatient, async (client) => {
    const ended = once(client, "error");
    await fly(client, begin(client, impatient));
    await ended;
    await next((text) => client.query(text));
  });
}

it("work on a connection that Postgres ended between two statements rejects with what Postgres said", async () => {
  await expect(afterItsEnd((query) => query("SELECT 1"))).rejects.toMatchObject({ code: "25P03", severity: "FATAL" });
});

it("an error of the work's own stays what it is on a connection that Postgres ended", async () => {
  const own = new SinkError("fenced", "Somebody else's.");
  await expect(afterItsEnd(() => Promise.reject(own))).rejects.toBe(own);
});
