import { execFileSync } from "node:child_process";
import { hasPgbouncer, startPgbouncer, type Pgbouncer, type PoolMode } from "@tidemark/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  applyRetention,
  checkIdentity,
  createProgressReader,
  createRoles,
  createSink,
  forgetProgress,
  migrate,
  recordProgress,
  withConnection,
  type Claim,
} from "../../src/index.js";
import { checkpointOf, commit, identity } from "../contract/fixtures.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

const { pipeline, topic } = identity;
const observation = {
  partition: 0,
  seconds: 10,
  records: 1,
  checkpoints: 1,
  checkpoint_ms_sum: 2,
  checkpoint_ms_max: 2,
  lag: 0,
  pauses: 0,
};

/** PgBouncer before 1.20 refuses `options` in a client's first message. */
const version = hasPgbouncer ? execFileSync("pgbouncer", ["--version"]).toString() : "";
const [, minor = "0"] = /PgBouncer 1\.(\d+)/.exec(version) ?? [];

// Skipped, and counted as such, where PgBouncer is not installed.
describe.skipIf(!hasPgbouncer)("PgBouncer", () => {
  let server: TestServer;
  let direct: string;
  let pooler: Pgbouncer | undefined;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    direct = await server.createDatabase();
  });
  afterEach(async () => {
    await pooler?.close();
    pooler = undefined;
  });

  /** One connection of the server for all clients, so that they are mixed. */
  async function poolIn(mode: PoolMode, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    pooler = await startPgbouncer(direct, mode, settings);
    return pooler.through(direct);
  }

  const advisoryLocks = () => server.query(direct, "SELECT FROM pg_locks WHERE locktype = 'advisory'");
  const schemas = () => server.query(direct, "SELECT FROM pg_namespace WHERE nspname = 'tidemark'");

  /** Two sinks by turns, on partitions of their own, and all that goes on beside them. */
  async function runAll(databaseUrl: string): Promise<void> {
    await migrate(pipeline, databaseUrl);
    await checkIdentity(databaseUrl, identity);
    const sinks = [0, 1].map((partition) => ({ partition, sink: createSink({ databaseUrl, ...identity }) }));
    const observer = { databaseUrl, pipeline: pipeline.data.name, topic, consumer: "one" };
    const reader = createProgressReader(databaseUrl, { pipeline: pipeline.data.name, topic });
    try {
      const claims = await Promise.all(sinks.map(({ sink, partition }) => sink.claim(partition, 0)));
      for (let offset = 0; offset < 5; offset += 1) {
        await Promise.all(
          sinks.map(({ sink }, at) => commit(sink, claims[at] as Claim, offset, checkpointOf([offset], offset + 1))),
        );
        await recordProgress(observer, [observation]);
      }
      await forgetProgress(observer, 7);
      await applyRetention({ databaseUrl, pipeline, days: 1 });
      await createRoles(databaseUrl, { pipeline, writer: "pooled_writer", reader: "pooled_reader" });
      await migrate(pipeline, databaseUrl);
      expect((await reader.read()).map(({ nextOffset }) => nextOffset)).toEqual([5, 5]);
      expect(await advisoryLocks()).toEqual([]);
    } finally {
      await Promise.all([reader.close(), ...sinks.map(({ sink }) => sink.close())]);
    }
  }

  it.each([
    ["transaction", { default_pool_size: "2" }],
    ["transaction", { default_pool_size: "2", application_name_add_host: "1" }],
    ["session", {}],
  ] as const)("in %s mode (%j) serves everything, and keeps no lock", async (mode, settings) => {
    await expect(runAll(await poolIn(mode, settings))).resolves.toBeUndefined();
  });

  it("in statement mode is refused in one sentence by all that needs a transaction, before anything is changed", async () => {
    const databaseUrl = await poolIn("statement");
    const refusal = {
      code: "refused-connection",
      message: expect.stringMatching(
        /^[^.]*127\.0\.0\.1:\d+ is a pooler in statement mode, [^.]*: use its transaction mode/,
      ),
    };
    await expect(migrate(pipeline, databaseUrl)).rejects.toMatchObject(refusal);
    expect(await schemas()).toEqual([]);
    await migrate(pipeline, direct);
    await expect(checkIdentity(databaseUrl, identity)).rejects.toMatchObject(refusal);
    const sink = createSink({ databaseUrl, ...identity });
    await expect(sink.claim(0, 0)).rejects.toMatchObject(refusal);
    await sink.close();
    const reader = createProgressReader(databaseUrl, { pipeline: pipeline.data.name, topic });
    await expect(reader.read()).rejects.toMatchObject(refusal);
    await reader.close();
    expect(await server.query(direct, "SELECT FROM tidemark.checkpoints")).toEqual([]);
  });

  it("that knows no such user is not waited for", async () => {
    const databaseUrl = await poolIn("transaction", { auth_type: "plain", auth_file: "/dev/null" });
    await expect(migrate(pipeline, databaseUrl)).rejects.toMatchObject({
      code: "refused-connection",
      message: expect.stringMatching(/refuses to be logged in to/),
    });
  });

  it.skipIf(Number(minor) >= 20)("that takes no options says so, and serves without them", async () => {
    const databaseUrl = await poolIn("transaction");
    await expect(withConnection(`${databaseUrl}?options=-c%20work_mem%3D8MB`, async () => {})).rejects.toMatchObject({
      code: "refused-connection",
      message: expect.stringMatching(/is a pooler that does not take the parameter options: leave it out/),
    });
    await expect(withConnection(databaseUrl, async () => "served")).resolves.toBe("served");
  });

  it("that drops options in silence serves too", async () => {
    const databaseUrl = await poolIn("transaction", { ignore_startup_parameters: "options" });
    await expect(migrate(pipeline, `${databaseUrl}?options=-c%20work_mem%3D8MB`)).resolves.toBeUndefined();
  });
});
