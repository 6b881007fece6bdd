import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSink, migrate, type Sink } from "../../src/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity, openPartition } from "./partition-writer.js";

let server: TestServer;
let url: string;
let open: Sink[] = [];
// A poll gives up after 1 s by default.

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
  await migrate(identity.pipeline, url);
});
afterEach(async () => {
  await Promise.all(open.map((sink) => sink.close()));
  open = [];
});

function sinkOf(): Sink {
  const sink = createSink({ ...identity, databaseUrl: url });
  open.push(sink);
  return sink;
}

const days = async () =>
  (
    await server.query(
      url,
      "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'orders'::regclass ORDER BY 1",
    )
  ).map(({ relname }) => String(relname).replace("orders_", ""));

describe("day partitions", () => {
  it("are made for the day of the rows, and for the one after the newest, which nobody waits for", async () => {
    const partition = await openPartition(sinkOf(), 0);
    await partition.count("2024-02-27T10:00:00Z", "2024-02-28T10:00:00Z");
    await expect.poll(days).toEqual(["20240227", "20240228", "20240229"]);
    await partition.count("2024-02-29T10:00:00Z");
    await expect.poll(days).toEqual(["20240227", "20240228", "20240229", "20240301"]);
  });

  it("are made while another writer's rows of another day are not committed yet", async () => {
    const sink = sinkOf();
    const partition = await openPartition(sink, 0);
    await partition.count("2024-02-03T10:00:00Z");
    const blocked = server.query(url, `BEGIN; INSERT INTO orders SELECT * FROM orders; SELECT pg_sleep(600)`);
    blocked.catch(() => {});
    const sleeping = "FROM pg_stat_activity WHERE query LIKE 'BEGIN; INSERT%' AND datname = current_database()";
    await expect.poll(() => server.query(url, `SELECT wait_event ${sleeping}`)).toEqual([{ wait_event: "PgSleep" }]);
    await partition.count("2024-03-05T10:00:00Z");
    await server.query(url, `SELECT pg_terminate_backend(pid) ${sleeping}`);
    await expect(blocked).rejects.toMatchObject({ code: "57P01" });
    expect(await server.query(url, "SELECT count(*)::int AS rows FROM orders")).toEqual([{ rows: 2 }]);
  });

  it("are made again where they were dropped after they had been made", async () => {
    const partition = await openPartition(sinkOf(), 0);
    await partition.count("2024-02-03T10:00:00Z");
    await server.query(url, "DROP TABLE orders_20240203");
    await partition.count("2024-02-03T11:00:00Z", "2024-02-03T12:00:00Z");
    expect(await server.query(url, "SELECT count(*)::int AS rows FROM orders")).toEqual([{ rows: 2 }]);
  });

  it("whose name another table has are refused by Postgres, not tried for ever", async () => {
    await server.query(url, "CREATE TABLE orders_20240203 (LIKE orders)");
    const partition = await openPartition(sinkOf(), 0);
    await expect(partition.count("2024-02-03T10:00:00Z")).rejects.toMatchObject({ code: "42P07" });
  });

  it.each([
    [
      "once, and once more to find the rows, where a CHECK refuses them",
      "ALTER TABLE orders ADD CONSTRAINT few CHECK (cents < 0)",
      "refused-rows",
      2,
    ],
    [
      "a few times where its rows seem to lack a partition and do not",
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'no partition' USING ERRCODE = 'check_violation'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION refuse()`,
      "23514",
      5,
    ],
  ])("a checkpoint is tried %s", async (_name, obstacle, code, tries) => {
    await server.query(
      url,
      `CREATE SEQUENCE tries;
       CREATE FUNCTION count_try() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('tries'); RETURN NEW; END $$;
       CREATE TRIGGER count_try BEFORE UPDATE OF next_offset ON tidemark.checkpoints FOR EACH ROW EXECUTE FUNCTION count_try();
       ${obstacle}`,
    );
    const partition = await openPartition(sinkOf(), 0);
    await expect(partition.count("2024-02-03T10:00:00Z")).rejects.toMatchObject({ code });
    expect(await server.query(url, "SELECT last_value::int AS tries FROM tries")).toEqual([{ tries }]);
  });

  it("are the same whatever the session's time zone and date style", async () => {
    url = `${url}?options=${encodeURIComponent("-c TimeZone=Asia/Tokyo -c DateStyle=SQL,DMY")}`;
    const partition = await openPartition(sinkOf(), 0);
    await partition.count("2024-02-03T00:00:00Z", "2024-02-03T23:59:59Z");
    await expect.poll(days).toEqual(["20240203", "20240204"]);
    expect(await server.query(url, "SELECT count(*)::int AS rows FROM orders_20240203")).toEqual([{ rows: 2 }]);
  });
});
