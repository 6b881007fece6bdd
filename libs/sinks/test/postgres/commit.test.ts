import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { isUnavailable } from "../../src/index.js";
import { writeCheckpoint } from "../../src/postgres/commit.js";
import { defaultLimits } from "../../src/postgres/connection.js";
import { checkpointOf, identity } from "../contract/fixtures.js";
import { createPostgresStore, type PostgresStore } from "../contract/postgres-store.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
let store: PostgresStore;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  store = await createPostgresStore(server);
});
afterEach(() => store.close());

it("a checkpoint whose COMMIT Postgres answers with ROLLBACK was not written, and can be tried again", async () => {
  const claim = await store.open().claim(0, 0);
  const before = await store.read();
  const client = new Client({ connectionString: store.databaseUrl });
  await client.connect();
  onTestFinished(() => client.end());
  const place = { pipeline: identity.pipeline.data.name, topic: identity.topic };
  const encoded = { head: checkpointOf([], 1), copies: [], windows: undefined };
  const writing = writeCheckpoint(client, defaultLimits, { place, claim, expectedOffset: 0 }, encoded);
  // Waits behind the fence, and makes the transaction fail before the rest is sent.
  const failing = client.query("SELECT 1 / 0");
  const [written, failed] = await Promise.allSettled([writing, failing]);
  expect(failed).toMatchObject({ status: "rejected", reason: { code: "22012" } });
  expect(written).toMatchObject({ status: "rejected", reason: { message: expect.stringMatching(/with ROLLBACK/) } });
  expect(isUnavailable((written as PromiseRejectedResult).reason)).toBe(true);
  expect(await store.read()).toEqual(before);
});
