import { findInstalledPostgres } from "@tidemark/embedded-postgres";
import { afterAll, beforeAll, describe } from "vitest";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { createPostgresStore } from "./postgres-store.js";
import { sinkContract } from "./sink-contract.js";

const installed = (await findInstalledPostgres()).find(({ major }) => major === 15);

describe("the Postgres sink on Postgres 18, from npm", () => {
  contractOn();
});

// Skipped, and counted as such, where that Postgres is not installed.
describe.skipIf(installed === undefined)("the Postgres sink on Debian's Postgres 15", () => {
  contractOn(installed?.binDir);
});

function contractOn(binDir?: string): void {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(binDir);
  });
  afterAll(() => server.close());
  sinkContract(() => createPostgresStore(server));
}
