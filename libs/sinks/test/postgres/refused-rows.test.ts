import { bigint, integer, pgTable, text } from "drizzle-orm/pg-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createSink, migrate, SinkError, type Claim, type NewRows, type Sink } from "../../src/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity } from "./partition-writer.js";

const columns = {
  number: text("order_no"),
  cents: integer("cents"),
  partition: integer("partition").notNull(),
  offset: bigint("offset", { mode: "number" }).notNull(),
};
const orders = pgTable("orders", columns);
const late = pgTable("late_orders", columns);
const pipeline = {
  data: { name: "lone", allowedLatenessMs: 0 },
  tables: { raw: { table: orders }, late, rollups: [] },
};

let server: TestServer;
let url: string;
let sink: Sink;
let claim: Claim;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
  const definition = '(order_no text, cents int, partition int NOT NULL, "offset" bigint NOT NULL)';
  await server.query(url, `CREATE TABLE orders ${definition}; CREATE TABLE late_orders ${definition}`);
  await migrate(pipeline, url);
  sink = createSink({ ...identity, databaseUrl: url, pipeline });
  claim = await sink.claim(0, 0);
});
afterEach(() => sink.close());

const query = (sql: string) => server.query(url, sql);
const orderAt = (offset: number, changes: object = {}) => ({ number: `A-${offset}`, cents: 500, offset, ...changes });

/** The partition's next checkpoint. */
async function commit(rows: NewRows, expected = 0, by: Pick<Claim, "partition" | "epoch"> = claim) {
  const buffer = sink.openBuffer(0);
  buffer.add(rows);
  const counted = rows.rows.length;
  const read = counted + (rows.late?.length ?? 0);
  const ledger = { ...claim.ledger, read, counted, late: read - counted };
  const times = { watermarkMs: -Infinity, maxEventTimeMs: -Infinity };
  await sink.commit(by, expected, { nextOffset: expected + read, ...times, ledger, changed: [] }, buffer);
}

/** The rows that the commit is refused for. */
async function refusedOf(rows: NewRows) {
  const error: unknown = await commit(rows).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SinkError && error.code === "refused-rows") return error.rows;
  throw error;
}

const stored = async (table = "orders") =>
  (await query(`SELECT order_no FROM ${table} ORDER BY "offset"`)).map((row) => row["order_no"]);

it("finds the row that a CHECK refuses, and the commit without it succeeds", async () => {
  await query("ALTER TABLE orders ADD CONSTRAINT positive CHECK (cents > 0)");
  const rows = [orderAt(0), orderAt(1, { cents: 0 }), orderAt(2)];
  expect(await refusedOf({ rows })).toEqual([
    {
      offset: 1,
      reason: 'new row for relation "orders" violates check constraint "positive"',
      constraint: "positive",
      conflict: false,
    },
  ]);
  await commit({ rows: rows.filter(({ cents }) => cents > 0) });
  expect(await stored()).toEqual(["A-0", "A-2"]);
});

it("keeps the first of two rows with one unique key, and says that the other is in conflict", async () => {
  await query("ALTER TABLE orders ADD CONSTRAINT orders_key UNIQUE (order_no)");
  await commit({ rows: [orderAt(0, { number: "taken" })] });
  const buffer = sink.openBuffer(0);
  const numbers = ["one", "taken", "two", "one", "three", "one"];
  buffer.add({ rows: numbers.map((number, at) => orderAt(at + 1, { number })) });
  const ledger = { ...claim.ledger, read: 7, counted: 7 };
  const times = { watermarkMs: -Infinity, maxEventTimeMs: -Infinity };
  const committing = sink.commit(claim, 1, { nextOffset: 7, ...times, ledger, changed: [] }, buffer);
  const reason = (key: string) =>
    `duplicate key value violates unique constraint "orders_key": Key (order_no)=(${key}) already exists.`;
  const rows = [
    { offset: 2, reason: reason("taken"), constraint: "orders_key", conflict: true },
    { offset: 4, reason: reason("one"), constraint: "orders_key", conflict: true },
    { offset: 6, reason: reason("one"), constraint: "orders_key", conflict: true },
  ];
  await expect(committing).rejects.toMatchObject({ code: "refused-rows", rows });
  expect(await stored()).toEqual(["taken"]);
});

const failing = `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN IF NEW.cents = 0 THEN RAISE 'no order % for nothing', NEW.order_no; END IF; RETURN NEW; END $$`;
const shops = `CREATE TABLE shops (shop text PRIMARY KEY);
  INSERT INTO shops SELECT 'A-' || number FROM generate_series(0, 20) AS number WHERE number NOT IN (3, 7)`;
const missing = (table: string) =>
  `insert or update on table "${table}" violates foreign key constraint "shop": Key (order_no)=(A-3) is not present in table "shops".`;

it.each([
  [
    "a foreign key",
    `${shops}; ALTER TABLE orders ADD CONSTRAINT shop FOREIGN KEY (order_no) REFERENCES shops`,
    { reason: missing("orders"), constraint: "shop" },
  ],
  [
    "a foreign key that is checked at COMMIT",
    `${shops}; ALTER TABLE orders ADD CONSTRAINT shop FOREIGN KEY (order_no) REFERENCES shops
       DEFERRABLE INITIALLY DEFERRED`,
    { reason: missing("orders"), constraint: "shop" },
  ],
  [
    "a column that may no longer be null",
    "ALTER TABLE orders ALTER cents SET NOT NULL",
    { reason: 'null value in column "cents" of relation "orders" violates not-null constraint' },
  ],
  [
    "a trigger that raises for a row",
    `${failing}; CREATE TRIGGER failing BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail()`,
    { reason: "no order A-3 for nothing" },
  ],
  [
    "a trigger that raises at COMMIT",
    `${failing}; CREATE CONSTRAINT TRIGGER failing AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION fail()`,
    { reason: "no order A-3 for nothing" },
  ],
  [
    "the domain that a column now is of",
    `CREATE DOMAIN price AS int CONSTRAINT not_free CHECK (VALUE IS DISTINCT FROM 0);
     ALTER TABLE orders ALTER cents TYPE price`,
    { reason: 'value for domain price violates check constraint "not_free"', constraint: "not_free" },
  ],
  [
    "an assertion of a trigger",
    `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN ASSERT NEW.cents > 0, 'not for nothing'; RETURN NEW; END $$;
     CREATE TRIGGER failing BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail()`,
    { reason: "not for nothing" },
  ],
  [
    "an index that has no room for the key",
    `CREATE FUNCTION key_of(cents int) RETURNS text IMMUTABLE LANGUAGE sql AS $$
       SELECT string_agg(md5(number::text), '') FROM generate_series(1, 300) AS number WHERE cents = 0 $$;
     CREATE INDEX orders_key ON orders (key_of(cents))`,
    { reason: expect.stringMatching(/^index row requires/) },
  ],
  [
    "a generated column that divides",
    "ALTER TABLE orders ADD share int GENERATED ALWAYS AS (1000 / cents) STORED",
    { reason: "division by zero" },
  ],
  [
    "a generated column without room for the figure",
    "ALTER TABLE orders ADD share numeric(3, 2) GENERATED ALWAYS AS (1000.0 / coalesce(nullif(cents, 0), 1)) STORED",
    { reason: expect.stringMatching(/^numeric field overflow: A field with precision 3, scale 2/) },
  ],
])("finds the rows that %s refuses", async (_what, sql, refused) => {
  await query(sql);
  const bad = { cents: sql.includes("NOT NULL") ? null : 0 };
  const given = Array.from({ length: 20 }, (_, offset) =>
    orderAt(offset, offset === 3 || offset === 7 ? bad : { cents: 100_000 }),
  );
  const rows = sql.includes("share numeric") ? given.map((row) => ({ ...row, cents: row.cents || 1 })) : given;
  const found = await refusedOf({ rows });
  expect(found.map(({ offset }) => offset)).toEqual([3, 7]);
  expect(found[0]).toEqual({ offset: 3, conflict: false, ...refused });
  expect(await stored()).toEqual([]);
  await commit({ rows: rows.filter(({ offset }) => offset !== 3 && offset !== 7) });
  expect(await stored()).toHaveLength(18);
});

it("finds rows of the late table too, after those of the raw one", async () => {
  for (const table of ["orders", "late_orders"])
    await query(`ALTER TABLE ${table} ADD CONSTRAINT positive CHECK (cents > 0)`);
  const found = await refusedOf({
    rows: [orderAt(1), orderAt(3, { cents: -1 })],
    late: [orderAt(0), orderAt(2, { cents: -2 })],
  });
  expect(found).toMatchObject([
    { offset: 3, constraint: "positive" },
    { offset: 2, reason: expect.stringContaining('"late_orders"') },
  ]);
});

/** The offsets that each commit finds, without those that were found before. */
async function findInTurns(rows: readonly ReturnType<typeof orderAt>[]): Promise<number[][]> {
  const turns: number[][] = [];
  for (let left = rows; ;) {
    const refused = new Set((await refusedOf({ rows: left }).catch(() => [])).map(({ offset }) => offset));
    if (refused.size === 0) return turns;
    turns.push([...refused]);
    left = left.filter(({ offset }) => !refused.has(offset));
    if (turns.flat().length === rows.filter(({ cents }) => cents === 0).length) return turns;
  }
}

it(
  "finds 3,000 bad rows among 10,000, in order, with a bounded number of tries each turn",
  { timeout: 240_000 },
  async () => {
    await query("ALTER TABLE orders ADD CONSTRAINT positive CHECK (cents > 0)");
    // Neither evenly spread nor all together.
    const isBad = (offset: number) => (offset * 7919) % 10 < 3;
    const rows = Array.from({ length: 10_000 }, (_, offset) => orderAt(offset, { cents: isBad(offset) ? 0 : 1 }));
    const turns = await findInTurns(rows);
    expect(turns.flat()).toEqual(rows.flatMap(({ offset }) => (isBad(offset) ? [offset] : [])));
    expect(turns).toHaveLength(2);
  },
);

it(
  "finds nearly the first 5,000 of more bad rows, and the others with the next commit",
  { timeout: 240_000 },
  async () => {
    await query("ALTER TABLE orders ADD CONSTRAINT positive CHECK (cents > 0)");
    const rows = Array.from({ length: 7_000 }, (_, offset) => orderAt(offset, { cents: 0 }));
    const turns = await findInTurns(rows);
    expect(turns.flat()).toEqual(rows.map(({ offset }) => offset));
    // The tries of which none finds a row halve 7,000 rows, and then 2,013.
    expect(turns.map(({ length }) => length)).toEqual([4_987, 2_013]);
  },
);

it("leaves nothing written and nothing locked, nor the claim changed", async () => {
  await query("ALTER TABLE orders ADD CONSTRAINT positive CHECK (cents > 0)");
  const before = await query("SELECT * FROM tidemark.checkpoints");
  await refusedOf({ rows: [orderAt(0), orderAt(1, { cents: 0 })], late: [orderAt(2)] });
  expect(await query("SELECT * FROM tidemark.checkpoints")).toEqual(before);
  expect([await stored(), await stored("late_orders")]).toEqual([[], []]);
  expect(await query("SELECT locktype FROM pg_locks WHERE pid <> pg_backend_pid() AND database IS NOT NULL")).toEqual(
    [],
  );
  expect(await query("SELECT FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")).toEqual([]);
});

it("reports a claim that is lost as fenced, whatever its rows are", async () => {
  await query("ALTER TABLE orders ADD CONSTRAINT positive CHECK (cents > 0)");
  await sink.claim(0, 0);
  await expect(commit({ rows: [orderAt(0, { cents: 0 })] })).rejects.toMatchObject({ code: "fenced" });
});

it("rejects with Postgres's own error where no single row is at fault", async () => {
  await query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'closed today'; END $$;
    CREATE TRIGGER failing AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION fail()`);
  await expect(commit({ rows: [orderAt(0)] })).rejects.toMatchObject({ code: "P0001", message: "closed today" });
});

it("writes a checkpoint that Postgres refused when nothing refuses it any more", async () => {
  await query(`CREATE SEQUENCE tries;
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF nextval('tries') = 1 THEN RAISE 'not yet'; END IF; RETURN NULL; END $$;
    CREATE TRIGGER failing AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail()`);
  await commit({ rows: [orderAt(0)] });
  expect(await stored()).toEqual(["A-0"]);
});

it("refuses no row for a later one that a deferred foreign key lets it refer to", async () => {
  await query(`ALTER TABLE orders ADD UNIQUE ("offset"), ALTER order_no SET NOT NULL,
    ADD FOREIGN KEY (cents) REFERENCES orders ("offset") DEFERRABLE INITIALLY DEFERRED`);
  const rows = [orderAt(0, { cents: 1 }), orderAt(1, { cents: 2 }), orderAt(2, { cents: 2 })];
  const found = await refusedOf({ rows: [...rows, orderAt(3, { cents: 1, number: null })] });
  expect(found.map(({ offset }) => offset)).toEqual([3]);
  await commit({ rows });
  expect(await stored()).toEqual(["A-0", "A-1", "A-2"]);
});

it.each([
  ["fewer bytes", 'ALTER "offset" TYPE int', "22P03"],
  ["more bytes", "ALTER cents TYPE bigint", "08P01"],
])(
  "rejects with Postgres's own error where a column has %s than declared, whatever the row is",
  async (_, sql, code) => {
    await query(`ALTER TABLE orders ${sql}`);
    await expect(commit({ rows: [orderAt(0)] })).rejects.toMatchObject({ code });
  },
);

it("rejects with Postgres's own error where rows have no offset", async () => {
  const other = { number: columns.number, cents: columns.cents };
  const bare = { ...pipeline, tables: { raw: { table: pgTable("orders", other) }, rollups: [] } };
  await query(`ALTER TABLE orders ADD CONSTRAINT positive CHECK (cents > 0), ALTER partition SET DEFAULT 0,
    ALTER "offset" SET DEFAULT 0`);
  await sink.close();
  sink = createSink({ ...identity, databaseUrl: url, pipeline: bare });
  await expect(commit({ rows: [{ number: "A", cents: 0 }] })).rejects.toMatchObject({ code: "23514" });
});
