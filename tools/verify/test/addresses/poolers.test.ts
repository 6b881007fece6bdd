import { hasPgbouncer, startPgbouncer, type PoolMode } from "@tidemark/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { startServers, type TestServers } from "../servers.js";
import { askPrograms } from "./programs.js";

// Skipped, and counted as such, where PgBouncer is not installed.
describe.skipIf(!hasPgbouncer)("through PgBouncer", () => {
  let servers: TestServers;
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(() => servers?.close());

  async function askThrough(mode: PoolMode, isMigrated: boolean) {
    const direct = await servers.createDatabase();
    if (isMigrated) await migrate(socmed, direct);
    const pooler = await startPgbouncer(direct, mode);
    onTestFinished(() => pooler.close());
    return askPrograms(pooler.through(direct));
  }

  const all = { pg: "plain", verify: "plain", migrate: "connected", sink: "connected", live: "connected" };

  it.each(["transaction", "session"] as const)("in %s mode every program works", async (mode) => {
    expect(await askThrough(mode, false)).toEqual({ ...all, reader: "connected" });
    expect(await askThrough(mode, true)).toEqual({ ...all, reader: "connected" });
  });

  it("in statement mode every program that needs transactions refuses", async () => {
    const asked = await askThrough("statement", false);
    expect(asked).toMatchObject({ verify: "refused", migrate: "refused", sink: "refused", reader: "refused" });
  });
});
