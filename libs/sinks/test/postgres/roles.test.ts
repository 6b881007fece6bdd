import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  applyRetention,
  createRoles,
  createSink,
  mergeWindows,
  migrate,
  type Sink,
  type SinkEvent,
} from "../../src/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity, openPartition } from "./partition-writer.js";

const roles = { pipeline: identity.pipeline, writer: "tidemark writer", reader: "tidemark_reader" };
const password = "for-this-test";

let server: TestServer;
let open: Sink[] = [];
/** One database, seen as each of the three. */
let admin: string;
let owner: string;
let writer: string;
let reader: string;

beforeAll(async () => {
  server = await startTestServer();
  admin = await server.createDatabase();
  await server.query(admin, `CREATE ROLE owner LOGIN CREATEROLE PASSWORD '${password}'`);
  owner = await ownDatabase(admin, "owned");
  await migrate(identity.pipeline, owner);
  await createRoles(owner, roles);
  for (const name of [roles.writer, roles.reader]) {
    await server.query(owner, `ALTER ROLE "${name}" PASSWORD '${password}'`);
  }
  writer = as(owner, roles.writer);
  reader = as(owner, roles.reader);
  const partition = await openPartition(sinkOf(), 0);
  await partition.reject();
  await partition.count("2024-02-01T12:00:00Z");
  await partition.late("2024-01-01T00:00:00Z");
  await partition.count("2024-02-02T12:00:00Z", "2024-02-03T12:00:00Z");
  await server.query(
    writer,
    "INSERT INTO tidemark.progress VALUES (now(), 'p', 't', 0, 'host:1', 10, 1, 1, 2, 2, 0, 0)",
  );
});
afterAll(() => server.close());
afterEach(async () => {
  await Promise.all(open.map((sink) => sink.close()));
  open = [];
});

async function ownDatabase(superuser: string, name: string): Promise<string> {
  await server.query(superuser, `CREATE DATABASE ${name} OWNER owner`);
  const url = new URL(as(superuser, "owner"));
  url.pathname = `/${name}`;
  return url.href;
}

function as(databaseUrl: string, role: string): string {
  const url = new URL(databaseUrl);
  url.username = encodeURIComponent(role);
  url.password = password;
  return url.href;
}

function sinkOf(options: Partial<Parameters<typeof createSink>[0]> = {}): Sink {
  const sink = createSink({ ...identity, databaseUrl: writer, ...options });
  open.push(sink);
  return sink;
}

const refused = { code: "42501" };

describe("the owner", () => {
  it("is no superuser, and may give the roles again", async () => {
    const [row] = await server.query(
      owner,
      "SELECT rolsuper, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = current_user",
    );
    expect(row).toEqual({ rolsuper: false, rolbypassrls: false, rolreplication: false });
    await createRoles(owner, roles);
  });

  it("takes away at the next time what the two had beyond", async () => {
    await server.query(
      owner,
      `GRANT UPDATE ON orders_late TO "${roles.writer}"; GRANT SELECT ON orders_late TO ${roles.reader}`,
    );
    expect(await server.query(reader, "SELECT FROM orders_late")).toHaveLength(1);
    await createRoles(owner, roles);
    await expect(server.query(writer, "UPDATE orders_late SET cents = 0")).rejects.toMatchObject(refused);
    await expect(server.query(reader, "SELECT FROM orders_late")).rejects.toMatchObject(refused);
  });
});

describe("a role that is replica, and may not set it back", () => {
  it.each([
    { by: "the role", target: `ROLE "${roles.writer}"` },
    { by: "the database", target: "DATABASE owned" },
  ])("is told so, where a superuser has set it for $by", async ({ target }) => {
    await server.query(admin, `ALTER ${target} SET session_replication_role = replica`);
    const told = {
      code: "replica-role",
      message: expect.stringContaining("tidemark writer has session_replication_role = replica in the database owned"),
    };
    try {
      await expect(sinkOf().claim(2, 0)).rejects.toMatchObject(told);
      const retention = applyRetention({ databaseUrl: writer, pipeline: identity.pipeline, days: 1 });
      await expect(retention).rejects.toMatchObject(told);
    } finally {
      await server.query(admin, `ALTER ${target} RESET session_replication_role`);
    }
  });

  it("is told so before it makes tables", async () => {
    await server.query(admin, "ALTER ROLE owner SET session_replication_role = replica");
    try {
      const made = migrate(identity.pipeline, await ownDatabase(admin, "replicated"));
      await expect(made).rejects.toMatchObject({ code: "replica-role" });
    } finally {
      await server.query(admin, "ALTER ROLE owner RESET session_replication_role");
    }
  });
});

describe("the writer", () => {
  it("finds an up-to-date database in order, and says of another what is missing", async () => {
    await migrate(identity.pipeline, writer);
    const empty = as(await ownDatabase(admin, "empty"), roles.writer);
    await expect(migrate(identity.pipeline, empty)).rejects.toMatchObject({ code: "unmigrated" });
  });

  it("claims, commits, makes days", async () => {
    const partition = await openPartition(sinkOf(), 1);
    await partition.reject();
    await partition.count("2024-03-01T12:00:00Z");
    await partition.late("2024-01-01T00:00:00Z");
    const claim = await sinkOf().claim(1, 0);
    expect(claim).toMatchObject({ epoch: 2, nextOffset: 3, ids: { length: 1 }, windows: [{}, {}, {}] });
  });

  it("drops what retention lets go", async () => {
    const { dropped, isDone } = await applyRetention({ databaseUrl: writer, pipeline: identity.pipeline, days: 1 });
    expect(isDone).toBe(true);
    expect(dropped.map(({ table, rows }) => [table, rows])).toEqual([
      ["orders", 1],
      ["orders_late", 1],
      ["orders_rejected", 2],
      ["orders_5s", 1],
    ]);
  });

  it("merges windows that are closed in all partitions", async () => {
    for (const partition of [0, 1]) {
      const writing = await openPartition(sinkOf({ topic: "merged" }), partition);
      await writing.count("2024-03-01T12:00:00Z", "2024-03-01T12:00:05Z");
    }
    const options = { databaseUrl: writer, pipeline: identity.pipeline, topic: "merged" };
    expect(await mergeWindows(options)).toEqual({ parts: 2, rows: 1, isDone: true });
  });

  it("forgets old progress", async () => {
    await server.query(
      writer,
      `INSERT INTO tidemark.progress VALUES (now() - interval '8 days', 'p', 't', 0, 'host:1', 10, 1, 1, 2, 2, 0, 0);
       DELETE FROM tidemark.progress WHERE topic = 't' AND at < now() - interval '7 days'`,
    );
    expect(await server.query(owner, "SELECT FROM tidemark.progress")).toHaveLength(1);
  });

  it("ends a session of its own that holds up a claim", async () => {
    const events: SinkEvent[] = [];
    const stopped = new Client({ connectionString: writer });
    stopped.on("error", () => {});
    await stopped.connect();
    await stopped.query("BEGIN; UPDATE tidemark.checkpoints SET epoch = epoch WHERE partition = 0");
    const limits = { statementTimeoutMs: 300, lockTimeoutMs: 200, idleInTransactionTimeoutMs: 60_000 };
    await sinkOf({ limits, onEvent: (event) => event.kind !== "blocked" && events.push(event) }).claim(0, 0);
    await vi.waitUntil(() => events.length > 0);
    expect(events).toMatchObject([{ kind: "terminated-blocker" }]);
  });

  it.each([
    "DROP TABLE orders",
    "DROP TABLE orders_20240203",
    "ALTER TABLE orders_5s ADD COLUMN mine int",
    "TRUNCATE orders_late",
    "CREATE TABLE mine (id int)",
    "CREATE TABLE tidemark.mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "UPDATE orders SET cents = 0",
    "UPDATE orders_late SET cents = 0",
    "UPDATE orders_rejected SET reason = ''",
    "SELECT FROM orders_20240203",
    "DELETE FROM orders_verdicts_1m",
    "DELETE FROM tidemark.merged_windows",
    "DELETE FROM orders_verdicts_1h",
    "UPDATE tidemark.progress SET records = 0",
    "DELETE FROM tidemark.checkpoints",
    "DELETE FROM tidemark.retention",
    "UPDATE tidemark.definitions SET definition = '{}'",
    "INSERT INTO tidemark.migrations (file) VALUES ('')",
    "INSERT INTO tidemark.tables VALUES ('public', 'mine', 'orders', '', '')",
    "SET ROLE owner",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'owner'",
  ])("may not %s", async (statement) => {
    const session = new Client({ connectionString: owner });
    await session.connect();
    await expect(server.query(writer, statement)).rejects.toMatchObject(refused);
    await session.end();
  });
});

const summed = ["orders_5s", "orders_1m", "orders_1h", "orders_verdicts_1m", "orders_verdicts_1h"];
const views = [
  "orders_5s_total",
  "orders_1m_total",
  "orders_1h_total",
  "tidemark.pipeline_health",
  "tidemark.pipeline_progress",
];

describe("the reader", () => {
  it.each([...summed, ...views])("reads %s", async (name) => {
    expect(await server.query(reader, `SELECT * FROM ${name}`)).not.toEqual([]);
  });

  it.each([
    ...["orders", "orders_20240203", "orders_late", "orders_rejected"].map((name) => `SELECT FROM ${name}`),
    ...["checkpoints", "definitions", "tables", "retention", "migrations", "progress"].map(
      (name) => `SELECT FROM tidemark.${name}`,
    ),
    ...summed.flatMap((name) => [
      `INSERT INTO ${name} SELECT * FROM ${name}`,
      `UPDATE ${name} SET partition = 0`,
      `DELETE FROM ${name}`,
      `TRUNCATE ${name}`,
      `DROP TABLE ${name}`,
      `ALTER TABLE ${name} ADD COLUMN mine int`,
    ]),
    "DELETE FROM orders",
    "DELETE FROM tidemark.checkpoints",
    "DROP VIEW tidemark.pipeline_health",
    "CREATE TABLE mine (id int)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE SCHEMA mine",
    "SELECT tidemark.make_day('orders', '2024-02-03')",
    "SELECT tidemark.drop_days('orders', 'orders', 1, 0)",
    `SET ROLE "${roles.writer}"`,
  ])("may not %s", async (statement) => {
    await expect(server.query(reader, statement)).rejects.toMatchObject(refused);
  });
});

describe("the functions of the owner", () => {
  it("are the writer's to call, and nobody else's", async () => {
    const mayCall = (role: string) =>
      server.query(
        owner,
        `SELECT proname FROM pg_proc WHERE pronamespace = 'tidemark'::regnamespace
           AND has_function_privilege($1, oid, 'EXECUTE') ORDER BY 1`,
        [role],
      );
    expect(await mayCall(roles.reader)).toEqual([]);
    expect(await mayCall(roles.writer)).toHaveLength(4);
  });

  it("serve no table but the owner's, whose rows cannot run anybody's code with the owner's rights", async () => {
    const intruder = new Client({ connectionString: writer });
    await intruder.connect();
    await intruder.query(`CREATE TEMP TABLE bait (at timestamptz) PARTITION BY RANGE (at);
      CREATE TEMP TABLE bait_old PARTITION OF bait FOR VALUES FROM ('2000-01-01 00:00:00+00') TO ('2000-01-02 00:00:00+00');
      INSERT INTO bait VALUES ('2000-01-01 12:00:00+00');
      CREATE FUNCTION pg_temp.spring() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        EXECUTE 'GRANT "${roles.writer}" TO owner';
        EXECUTE 'GRANT ALL ON public.orders TO "${roles.writer}"';
        RETURN true;
      END $$;
      ALTER TABLE bait_old ENABLE ROW LEVEL SECURITY;
      CREATE POLICY spring ON bait_old USING (pg_temp.spring());
      GRANT ALL ON bait, bait_old TO owner`);
    for (const call of ["drop_days('pg_temp.bait', 'orders', 1, 0)", "make_day('pg_temp.bait', '2024-02-03')"]) {
      await intruder.query(`SELECT tidemark.${call}`).catch(() => {});
      await expect(intruder.query("UPDATE orders SET cents = 0")).rejects.toMatchObject(refused);
    }
    await intruder.end();
  });

  it("serve a table only for those who may write it", async () => {
    await server.query(
      owner,
      `CREATE TABLE other (at timestamptz) PARTITION BY RANGE (at);
       CREATE TABLE other_old PARTITION OF other FOR VALUES FROM ('2000-01-01') TO ('2000-01-02')`,
    );
    const calls = [
      "SELECT tidemark.make_day('other', '2024-02-03')",
      "SELECT tidemark.drop_days('other', 'orders', 1, 0)",
    ];
    for (const call of calls) await expect(server.query(writer, call)).rejects.toMatchObject(refused);
    await server.query(owner, `GRANT INSERT, DELETE ON other TO "${roles.writer}"`);
    for (const call of calls) expect(await server.query(writer, call)).toHaveLength(1);
  });
});
