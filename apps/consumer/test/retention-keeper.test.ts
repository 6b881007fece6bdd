import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { applyRetention, migrate } from "@tidemark/sinks";
import { socmedPipeline } from "@tidemark/socmed/tables";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRetentionKeeper, type RetentionKeeper } from "../src/retention-keeper.js";
import { query, startServers, type TestServers } from "./servers.js";

// A poll gives up after 1 s by default.

let servers: TestServers;
let databaseUrl: string;
let notes: string[];
let keepers: RetentionKeeper[];

beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());
beforeEach(async () => {
  notes = [];
  keepers = [];
  databaseUrl = await servers.createDatabase();
  await migrate(socmedPipeline, databaseUrl);
  await query(
    databaseUrl,
    `INSERT INTO tidemark.definitions VALUES ('d', '{"allowedLatenessMs": 0}');
     INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch, watermark)
     VALUES ('socmed', 't', 0, 'g', 'c', 'd', 0, 0, 0, '2024-02-03 12:00:00+00');
     INSERT INTO socmed_late SELECT gen_random_uuid(), 'Bogor', 'X', 0, 0, 0, 0, 0, day, NULL, NULL, 't', 0, 0, day, 1
     FROM generate_series(timestamptz '2024-02-01 12:00:00+00', '2024-02-09 12:00:00+00', '1 day') AS day`,
  );
});
afterEach(() => Promise.all(keepers.map((keeper) => keeper.stop({ finish: false }))));

function keep(options: Partial<Parameters<typeof createRetentionKeeper>[0]> = {}): RetentionKeeper {
  const keeper = createRetentionKeeper({
    databaseUrl,
    pipeline: socmedPipeline,
    days: 1,
    onNote: (text) => notes.push(text),
    signal: new AbortController().signal,
    retryMs: 20,
    ...options,
  });
  keepers.push(keeper);
  return keeper;
}

const at = (day: number, hour: number) => Date.UTC(2024, 1, day, hour);
const reach = (day: number) =>
  query(databaseUrl, `UPDATE tidemark.checkpoints SET watermark = '2024-02-0${day} 12:00:00+00'`);

describe("the retention keeper", () => {
  it("says what its first run dropped", async () => {
    keep().start();
    await expect.poll(() => notes).toEqual(["retention: dropped 1 row of socmed_late before 2024-02-02"]);
  });

  it("runs again when a partition's watermark bounds another day, and not before", async () => {
    const keeper = keep();
    keeper.reach(0, at(3, 12));
    await expect.poll(() => notes).toHaveLength(1);
    await reach(6);
    keeper.reach(0, at(3, 23));
    await keeper.stop({ finish: true });
    expect(notes).toHaveLength(1);

    const other = keep();
    other.reach(0, -Infinity);
    await other.stop({ finish: true });
    expect(notes).toHaveLength(1);

    keep().reach(0, at(6, 12));
    await expect.poll(() => notes.slice(1)).toEqual(["retention: dropped 3 rows of socmed_late before 2024-02-05"]);
  });

  it("says so when tables have been in use for a while", async () => {
    const holder = new Client({ connectionString: databaseUrl });
    await holder.connect();
    // As another session's run does.
    await holder.query("SELECT pg_advisory_lock(7415064)");
    keep().start();
    await expect
      .poll(() => notes)
      .toContain("retention: tables were in use at each of 6 tries, so that not all could be dropped; trying again");
    await holder.end();
    await expect.poll(() => notes).toContain("retention: dropped 1 row of socmed_late before 2024-02-02");
  });

  it("makes the run that is due before it stops, if it shall", async () => {
    await query(databaseUrl, "ALTER TABLE socmed_late RENAME TO hidden");
    const hour = 3_600_000;
    const [kept, broken] = [keep({ retryMs: hour }), keep({ retryMs: hour })];
    kept.start();
    broken.start();
    await expect.poll(() => notes).toHaveLength(2);
    await query(databaseUrl, "ALTER TABLE hidden RENAME TO socmed_late");
    await broken.stop({ finish: false });
    expect(notes).toHaveLength(2);
    await kept.stop({ finish: true });
    expect(notes.slice(2)).toEqual(["retention: dropped 1 row of socmed_late before 2024-02-02"]);
  });

  it("waits out a Postgres that is away, in silence", async () => {
    let refused = 0;
    const proxy = createServer((socket) => {
      socket.on("error", () => {});
      if (refused < 3) {
        refused += 1;
        socket.destroy();
        return;
      }
      const upstream = connect(Number(new URL(databaseUrl).port), "127.0.0.1");
      upstream.on("error", () => {});
      socket.pipe(upstream).pipe(socket);
    });
    const url = new URL(databaseUrl);
    url.port = String(await listen(proxy));
    keep({ databaseUrl: url.href }).start();
    await expect.poll(() => notes).toEqual([expect.stringContaining("dropped 1 row of socmed_late")]);
    expect(refused).toBe(3);
    await Promise.all(keepers.map((keeper) => keeper.stop({ finish: false })));
    await new Promise((resolve) => proxy.close(resolve));
  });

  it("tells once what no waiting helps, goes on trying, and drops when it can", async () => {
    await query(databaseUrl, "ALTER TABLE socmed_late RENAME TO hidden");
    keep().start();
    await expect.poll(() => notes).toEqual([expect.stringContaining('relation "socmed_late" does not exist')]);
    await query(databaseUrl, "ALTER TABLE hidden RENAME TO socmed_late");
    await expect.poll(() => notes.slice(1)).toEqual([expect.stringContaining("dropped 1 row")]);
  });

  it("tries again while tables are in use, and breaks off when it is told to stop", async () => {
    const user = new Client({ connectionString: databaseUrl });
    await user.connect();
    await user.query("BEGIN; LOCK TABLE socmed_late");
    const stop = new AbortController();
    keep({ signal: stop.signal }).start();
    const waiting =
      "SELECT count(*)::int AS sessions FROM pg_locks WHERE NOT granted AND relation = 'socmed_late'::regclass";
    await expect.poll(() => query(databaseUrl, waiting)).toEqual([{ sessions: 1 }]);
    stop.abort();
    await keepers[0]?.stop({ finish: false });
    // Its statement goes on without it, for as long as it may wait.
    await expect.poll(() => query(databaseUrl, waiting)).toEqual([{ sessions: 0 }]);
    keep().start();
    await expect.poll(() => query(databaseUrl, waiting)).toEqual([{ sessions: 1 }]);
    await user.query("COMMIT");
    await user.end();
    await expect.poll(() => notes).toHaveLength(1);
    expect(await applyRetention({ databaseUrl, pipeline: socmedPipeline, days: 1 })).toEqual({
      dropped: [],
      isDone: true,
    });
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
