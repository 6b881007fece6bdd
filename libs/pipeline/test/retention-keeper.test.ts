import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { applyRetention, migrate } from "@tidemark/sinks";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PipelineEvent } from "../src/pipeline-event.js";
import { createRetentionKeeper, type RetentionKeeper } from "../src/retention-keeper.js";
import { committed } from "./events.js";
import { orders } from "./orders.js";
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
  await migrate(orders, databaseUrl);
  await query(
    databaseUrl,
    `INSERT INTO tidemark.definitions VALUES ('d', '{"allowedLatenessMs": 0}');
     INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch, watermark)
     VALUES ('orders', 't', 0, 'g', 'c', 'd', 0, 0, 0, '2024-02-03 12:00:00+00');
     INSERT INTO shop.orders_late SELECT 'A-1', 'Aarhus', 0, 0, NULL, day, NULL, 't', 0, 0, day, 1
     FROM generate_series(timestamptz '2024-02-01 12:00:00+00', '2024-02-09 12:00:00+00', '1 day') AS day`,
  );
});
afterEach(() => Promise.all(keepers.map((keeper) => keeper.stop({ finish: false }))));

function keep(options: Partial<Parameters<typeof createRetentionKeeper>[0]> = {}): RetentionKeeper {
  const keeper = createRetentionKeeper({
    databaseUrl,
    pipeline: orders,
    days: 1,
    emit: (event) => notes.push(describeEvent(event)),
    signal: new AbortController().signal,
    retryMs: 20,
    ...options,
  });
  keepers.push(keeper);
  return keeper;
}

function describeEvent(event: PipelineEvent): string {
  switch (event.type) {
    case "retention-dropped": {
      const { rows, table, beforeMs } = event.dropped;
      return `dropped ${rows} of ${table} before ${new Date(beforeMs).toISOString().slice(0, 10)}`;
    }
    case "retention-postponed":
      return `postponed after ${event.tries} tries`;
    case "retention-failed":
      return `failed: ${event.reason}`;
    default:
      return event.type;
  }
}

const reached = (watermarkMs: number) => committed(0, { watermarkMs });
const at = (day: number, hour: number) => Date.UTC(2024, 1, day, hour);
const reach = (day: number) =>
  query(databaseUrl, `UPDATE tidemark.checkpoints SET watermark = '2024-02-0${day} 12:00:00+00'`);

describe("the retention keeper", () => {
  it("says what its first run dropped", async () => {
    keep().start();
    await expect.poll(() => notes).toEqual(["dropped 1 of orders_late before 2024-02-02"]);
  });

  it("runs again when a partition's watermark bounds another day, and not before", async () => {
    const keeper = keep();
    keeper.on(reached(at(3, 12)));
    await expect.poll(() => notes).toHaveLength(1);
    await reach(6);
    keeper.on(reached(at(3, 23)));
    await keeper.stop({ finish: true });
    expect(notes).toHaveLength(1);

    const other = keep();
    other.on(reached(-Infinity));
    await other.stop({ finish: true });
    expect(notes).toHaveLength(1);

    keep().on(reached(at(6, 12)));
    await expect.poll(() => notes.slice(1)).toEqual(["dropped 3 of orders_late before 2024-02-05"]);
  });

  it("says so when tables have been in use for a while", async () => {
    const holder = new Client({ connectionString: databaseUrl });
    await holder.connect();
    // As another session's run does.
    await holder.query("SELECT pg_advisory_lock(7415064)");
    keep().start();
    await expect.poll(() => notes).toContain("postponed after 6 tries");
    await holder.end();
    await expect.poll(() => notes).toContain("dropped 1 of orders_late before 2024-02-02");
  });

  it("makes the run that is due before it stops, if it shall", async () => {
    await query(databaseUrl, "ALTER TABLE shop.orders_late RENAME TO hidden");
    const hour = 3_600_000;
    const [kept, broken] = [keep({ retryMs: hour }), keep({ retryMs: hour })];
    kept.start();
    broken.start();
    await expect.poll(() => notes).toHaveLength(2);
    await query(databaseUrl, "ALTER TABLE shop.hidden RENAME TO orders_late");
    await broken.stop({ finish: false });
    expect(notes).toHaveLength(2);
    await kept.stop({ finish: true });
    expect(notes.slice(2)).toEqual(["dropped 1 of orders_late before 2024-02-02", "retention-recovered"]);
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
    await expect.poll(() => notes).toEqual([expect.stringContaining("dropped 1 of orders_late")]);
    expect(refused).toBe(3);
    await Promise.all(keepers.map((keeper) => keeper.stop({ finish: false })));
    await new Promise((resolve) => proxy.close(resolve));
  });

  it.each(["53100", "53200", "57014", "58030", "XX000", "42501"])(
    "tells at once of a failure with %s, goes on trying, and tells that it works again",
    async (state) => {
      await query(
        databaseUrl,
        `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'out of luck' USING ERRCODE = '${state}'; END $$;
         CREATE TRIGGER fail BEFORE DELETE ON shop.orders_late FOR EACH STATEMENT EXECUTE FUNCTION fail()`,
      );
      keep().start();
      await expect.poll(() => notes).toEqual(["failed: out of luck"]);
      await query(databaseUrl, "DROP TRIGGER fail ON shop.orders_late");
      await expect
        .poll(() => notes.filter((note) => !note.startsWith("failed")))
        .toEqual(["dropped 1 of orders_late before 2024-02-02", "retention-recovered"]);
    },
  );

  it("tells once what no waiting helps, goes on trying, and drops when it can", async () => {
    await query(databaseUrl, "ALTER TABLE shop.orders_late RENAME TO hidden");
    keep().start();
    await expect.poll(() => notes).toEqual([expect.stringContaining('relation "shop.orders_late" does not exist')]);
    await query(databaseUrl, "ALTER TABLE shop.hidden RENAME TO orders_late");
    await expect.poll(() => notes.slice(1)).toEqual([expect.stringContaining("dropped 1 of"), "retention-recovered"]);
  });

  it("tries again while tables are in use, and breaks off when it is told to stop", async () => {
    const user = new Client({ connectionString: databaseUrl });
    await user.connect();
    await user.query("BEGIN; LOCK TABLE shop.orders_late");
    const stop = new AbortController();
    keep({ signal: stop.signal }).start();
    const waiting =
      "SELECT count(*)::int AS sessions FROM pg_locks WHERE NOT granted AND relation = 'shop.orders_late'::regclass";
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
    expect(await applyRetention({ databaseUrl, pipeline: orders, days: 1 })).toEqual({ dropped: [], isDone: true });
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
