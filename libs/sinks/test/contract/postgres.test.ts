import { findInstalledPostgres } from "@tidemark/embedded-postgres";
import { hasPgbouncer, setUnusual, startPgbouncer, type Pgbouncer } from "@tidemark/testkit";
import { getTableName } from "drizzle-orm";
import { afterAll, beforeAll, describe } from "vitest";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { createPostgresStore } from "./postgres-store.js";
import { sinkContract } from "./sink-contract.js";
import { storedTables } from "./store-contents.js";

const installed = (await findInstalledPostgres()).find(({ major }) => major === 15);

describe("the Postgres sink on Postgres 18, from npm", () => {
  contractOn();
});

// Skipped, and counted as such, where that Postgres is not installed.
describe.skipIf(installed === undefined)("the Postgres sink on Debian's Postgres 15", () => {
  contractOn(installed?.binDir);
});

// Skipped, and counted as such, where PgBouncer is not installed.
describe.skipIf(!hasPgbouncer)("the Postgres sink through PgBouncer in transaction mode", () => {
  let server: TestServer;
  let pooler: Pgbouncer;
  beforeAll(async () => {
    server = await startTestServer();
    pooler = await startPgbouncer(await server.createDatabase(), "transaction");
  });
  afterAll(async () => {
    await pooler.close();
    await server.close();
  });
  sinkContract(() => createPostgresStore(server, { through: pooler.through }));
});

describe("the Postgres sink in a database whose settings are all unusual", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());
  const makeUnusual = (url: string) =>
    setUnusual(
      (text) => server.query(url, text),
      `DATABASE ${new URL(url).pathname.slice(1)}`,
      storedTables.map(getTableName),
    );
  sinkContract(() => createPostgresStore(server, { prepare: makeUnusual }));
});

function contractOn(binDir?: string): void {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(binDir);
  });
  afterAll(() => server.close());
  sinkContract(() => createPostgresStore(server));
}
