import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environment, start } from "./consumer-process.js";
import { deleteRecords, ownName, produce, query, readLedger, startServers, type TestServers } from "./servers.js";

const patience = { timeout: 100_000 };
let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

async function readNextOffset(databaseUrl: string): Promise<number> {
  const rows = await query(databaseUrl, "SELECT next_offset::int AS next FROM tidemark.checkpoints").catch(() => []);
  return Number(rows[0]?.["next"] ?? 0);
}

describe("the consumer, where records were deleted before it read them", { timeout: 240_000 }, () => {
  it("stops before its first read with exit code 2 and names them, and with --accept-loss counts them", async () => {
    const databaseUrl = await servers.createDatabase();
    const env = environment(servers, databaseUrl, "loss");
    await produce(servers.broker, ownName("loss"), 300, 1);
    expect(await start(["--until-caught-up"], env).ended).toMatchObject({ code: 0 });
    await produce(servers.broker, ownName("loss"), 700, 1, 300);
    // All of it: nothing is left that could be fetched.
    await deleteRecords(servers.broker, ownName("loss"), 1_000);

    const { code, stderr } = await start(["--until-caught-up"], env).ended;
    expect(code).toBe(2);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(`Offsets 300 to 999 of partition 0 of "${ownName("loss")}" (700 in all)`);
    expect(stderr).toContain("--accept-loss");
    expect(await readLedger(databaseUrl)).toMatchObject({ read: 300, lost: 0, offsets: 300 });

    const accepted = await start(["--until-caught-up", "--accept-loss"], env).ended;
    expect(accepted).toMatchObject({ code: 0, stderr: "" });
    expect(accepted.stdout).toContain("LOST: offsets 300 to 999 of partition 0 were deleted before they were read");
    expect(accepted.stdout).toContain("lost 700");
    expect(await readLedger(databaseUrl)).toMatchObject({ read: 300, lost: 700, offsets: 1_000 });
  });

  it("stops likewise when retention overtakes it while it runs, with all before it committed", async () => {
    const databaseUrl = await servers.createDatabase();
    const env = environment(servers, databaseUrl, "overtaken");
    await produce(servers.broker, ownName("overtaken"), 300, 1);
    const { child, ended } = start([], env);
    await expect.poll(() => readNextOffset(databaseUrl), patience).toBe(300);
    child.kill("SIGSTOP");
    await produce(servers.broker, ownName("overtaken"), 4_000, 1, 300);
    await deleteRecords(servers.broker, ownName("overtaken"), 4_200);
    child.kill("SIGCONT");

    const { code, stderr } = await ended;
    const next = await readNextOffset(databaseUrl);
    expect(stderr).toContain(`Offsets ${next} to 4199 of partition 0`);
    expect(code).toBe(2);
    expect(await readLedger(databaseUrl)).toMatchObject({ read: next, lost: 0 });

    expect(await start(["--until-caught-up", "--accept-loss"], env).ended).toMatchObject({ code: 0 });
    expect(await readLedger(databaseUrl)).toMatchObject({ read: next + 100, lost: 4_200 - next, offsets: 4_300 });
  });
});
