import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "../src/verdict.js";
import { verify } from "../src/verify.js";
import { consume, createTopic, messageOf, produce, query, recordsOf, runOf, startServers } from "./servers.js";
import type { TestServers } from "./servers.js";

const topic = "dirty";
let servers: TestServers;
let sound: string;

beforeAll(async () => {
  servers = await startServers();
  sound = await servers.createDatabase();
  for (const [name, events] of [
    ["dirty", 6_000],
    ["default", 2_000],
  ] as const) {
    await createTopic(servers, name, 4);
    await produce(
      servers,
      name,
      recordsOf(runOf(name, events)).map((record) => messageOf(record, 4)),
    );
    await consume(servers, name, sound);
  }
});

afterAll(() => servers.close());

const check = (databaseUrl: string, name: string): Promise<Verdict> =>
  verify({ brokers: servers.kafkaBrokers, databaseUrl, topic: name });

async function plant(sql: string): Promise<Verdict> {
  const databaseUrl = await servers.copyDatabase(sound);
  const { count } = await query(databaseUrl, sql);
  expect(count).toBeGreaterThan(0);
  return check(databaseUrl, topic);
}

const kindsOf = ({ counts }: Verdict) =>
  counts.map(({ table, column, what, count }) => `${table}${column === null ? "" : `.${column}`}: ${count} ${what}`);

/** A row in the middle of the topic's rows in partition 2. */
const one = (table: string, order: string, condition = "true") =>
  `ctid = (SELECT ctid FROM ${table} WHERE topic = 'dirty' AND partition = 2 AND ${condition}
   ORDER BY ${order} OFFSET 1 LIMIT 1) AND topic = 'dirty' AND partition = 2`;
/** The raw table is partitioned, so that a ctid is not enough to name a row. */
const oneRaw = `topic = 'dirty' AND partition = 2 AND "offset" = (SELECT "offset" FROM socmed_user_sales
  WHERE topic = 'dirty' AND partition = 2 AND conversion_rate > 0 ORDER BY "offset" OFFSET 1 LIMIT 1)`;
const oneLate = one("socmed_late", '"offset"');
const oneRejected = one(
  "socmed_rejected",
  '"offset"',
  "reason <> 'future' AND field IS NOT NULL AND bytes IS NOT NULL",
);
const oneWindow = (table: string) => one(table, "window_start, kota, sosial_media", "conversion_rate_sum > 0");
const oneCheckpoint = "topic = 'dirty' AND partition = 2";

/** The next double above a positive one. */
function nextUp(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0);
}

type Fault = readonly [name: string, sql: string, kinds: readonly string[]];

const rawFaults: readonly Fault[] = [
  ["a raw row is gone", `DELETE FROM socmed_user_sales WHERE ${oneRaw}`, ["socmed_user_sales: 1 missing-row"]],
  [
    "a raw row is there twice",
    `INSERT INTO socmed_user_sales SELECT * FROM socmed_user_sales WHERE ${oneRaw}`,
    ["socmed_user_sales: 1 repeated-row"],
  ],
  [
    "a late event was counted",
    `INSERT INTO socmed_user_sales SELECT id, kota, sosial_media, usage_count, sales, visitors, page_visitors,
         conversion, ts, conversion_rate, bounce_rate, topic, partition, "offset" FROM socmed_late WHERE ${oneLate}`,
    ["socmed_user_sales: 1 unexpected-row"],
  ],
  [
    "a raw row has moved to a partition that the topic lacks",
    `UPDATE socmed_user_sales SET partition = 99 WHERE ${oneRaw}`,
    ["socmed_user_sales: 1 missing-row", "socmed_user_sales: 1 unexpected-row"],
  ],
  ...[
    ["id", "gen_random_uuid()"],
    ["kota", "kota || ' '"],
    ["sosial_media", "lower(sosial_media)"],
    ["usage_count", "usage_count + 1"],
    ["ts", "ts + interval '1 microsecond'"],
    ["bounce_rate", "NULL"],
  ].map(([column, value]): Fault => [
    `${column} of a raw row is another`,
    `UPDATE socmed_user_sales SET ${column} = ${value} WHERE ${oneRaw}`,
    [`socmed_user_sales.${column}: 1 wrong-value`],
  ]),
];

const otherFaults: readonly Fault[] = [
  ["a late row is gone", `DELETE FROM socmed_late WHERE ${oneLate}`, ["socmed_late: 1 missing-row"]],
  [
    "a late row says another watermark and lateness",
    `UPDATE socmed_late SET watermark = watermark + interval '1 ms', missed_by_ms = missed_by_ms + 1 WHERE ${oneLate}`,
    ["socmed_late.watermark: 1 wrong-value", "socmed_late.missed_by_ms: 1 wrong-value"],
  ],
  ["a rejection is gone", `DELETE FROM socmed_rejected WHERE ${oneRejected}`, ["socmed_rejected: 1 missing-row"]],
  [
    "a rejection has another byte, reason, field and watermark",
    `UPDATE socmed_rejected SET bytes = bytes || '\\x00', reason = 'other', field = NULL, watermark = NULL
       WHERE ${oneRejected}`,
    ["bytes", "reason", "field", "watermark"].map((column) => `socmed_rejected.${column}: 1 wrong-value`),
  ],
  [
    "a window is there twice",
    `ALTER TABLE socmed_5s DROP CONSTRAINT socmed_5s_pkey;
       INSERT INTO socmed_5s SELECT * FROM socmed_5s WHERE ${oneWindow("socmed_5s")}`,
    ["socmed_5s: 1 repeated-row"],
  ],
  [
    "the ledger calls a counted event late",
    `UPDATE tidemark.checkpoints SET counted = counted - 1, late = late + 1 WHERE ${oneCheckpoint}`,
    ["tidemark.checkpoints.counted: 1 wrong-value", "tidemark.checkpoints.late: 1 wrong-value"],
  ],
  [
    "the ledger says that a record was lost",
    `UPDATE tidemark.checkpoints SET read = read - 1, rejected = rejected - 1, lost = 1 WHERE ${oneCheckpoint}`,
    ["read", "rejected", "lost"].map((column) => `tidemark.checkpoints.${column}: 1 wrong-value`),
  ],
  [
    "a watermark and a highest event time are others",
    `UPDATE tidemark.checkpoints SET watermark = watermark - interval '1 ms', max_event_time = NULL
       WHERE ${oneCheckpoint}`,
    ["tidemark.checkpoints.watermark: 1 wrong-value", "tidemark.checkpoints.max_event_time: 1 wrong-value"],
  ],
];

const verdictFaults = ["socmed_verdicts_1m", "socmed_verdicts_1h"].flatMap((table): Fault[] => {
  const oneCount = one(table, "window_start, verdict, detail", "verdict = 'rejected'");
  return [
    [`a count of ${table} is gone`, `DELETE FROM ${table} WHERE ${oneCount}`, [`${table}: 1 missing-row`]],
    [
      `a count of ${table} is one too high`,
      `UPDATE ${table} SET records = records + 1 WHERE ${oneCount}`,
      [`${table}.records: 1 wrong-value`],
    ],
    [
      `a count of ${table} is there twice`,
      `ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey; INSERT INTO ${table} SELECT * FROM ${table} WHERE ${oneCount}`,
      [`${table}: 1 repeated-row`],
    ],
    ...[
      ["is of a microsecond later", "window_start = window_start + interval '1 microsecond'"],
      ["is of no time", "window_start = '-infinity'"],
      ["is of another verdict", "verdict = 'late'"],
      ["is for another reason", "detail = ''"],
    ].map(([what, change]): Fault => [
      `a count of ${table} ${what}`,
      `UPDATE ${table} SET ${change} WHERE ${oneCount}`,
      [`${table}: 1 unexpected-row`, `${table}: 1 missing-row`],
    ]),
    [
      `a count of ${table} has moved to a partition that the topic lacks`,
      `UPDATE ${table} SET partition = 99 WHERE ${oneCount}`,
      [`${table}: 1 missing-row`, `${table}: 1 unexpected-row`],
    ],
  ];
});

const windowFaults = ["socmed_5s", "socmed_1m", "socmed_1h"].flatMap((table): Fault[] => [
  [`a window of ${table} is gone`, `DELETE FROM ${table} WHERE ${oneWindow(table)}`, [`${table}: 1 missing-row`]],
  [
    `a window of ${table} has other keys`,
    `UPDATE ${table} SET kota = 'Nowhere' WHERE ${oneWindow(table)}`,
    [`${table}: 1 missing-row`, `${table}: 1 unexpected-row`],
  ],
  [
    `a window of ${table} begins a microsecond later`,
    `UPDATE ${table} SET window_start = window_start + interval '1 microsecond' WHERE ${oneWindow(table)}`,
    [`${table}: 1 missing-row`, `${table}: 1 unexpected-row`],
  ],
  [
    `a sum of ${table} is one more`,
    `UPDATE ${table} SET sales = sales + 1 WHERE ${oneWindow(table)}`,
    [`${table}.sales: 1 wrong-value`],
  ],
]);

describe("one fault in the tables is found and named", () => {
  it.each([...rawFaults, ...otherFaults, ...verdictFaults, ...windowFaults])("%s", async (_name, sql, kinds) => {
    const verdict = await plant(sql);
    expect(kindsOf(verdict)).toEqual(kinds);
    expect(verdict.equal).toBe(false);
    expect(verdict.differences.map(({ link }) => link)).toEqual(kinds.map(() => "log-tables"));
  });

  it.each([
    ["socmed_user_sales", "conversion_rate", oneRaw],
    ["socmed_5s", "conversion_rate_sum", oneWindow("socmed_5s")],
    ["socmed_1m", "conversion_rate_sum", oneWindow("socmed_1m")],
    ["socmed_1h", "conversion_rate_sum", oneWindow("socmed_1h")],
  ])("in %s, be it a rate by its last bit", async (table, column, where) => {
    const [row] = await query(sound, `SELECT ${column} AS value FROM ${table} WHERE ${where}`);
    const value = Number(row?.["value"]);
    const verdict = await plant(`UPDATE ${table} SET ${column} = '${nextUp(value)}' WHERE ${where}`);
    expect(kindsOf(verdict)).toEqual([`${table}.${column}: 1 wrong-value`]);
    expect(verdict.differences[0]).toMatchObject({ expected: String(value), found: String(nextUp(value)) });
  });

  it("with its place, and both values", async () => {
    const verdict = await plant(`UPDATE socmed_5s SET sales = sales + 1 WHERE ${oneWindow("socmed_5s")}`);
    const [row] = await query(
      sound,
      `SELECT window_start, kota, sosial_media, sales FROM socmed_5s WHERE ${oneWindow("socmed_5s")}`,
    );
    const start = new Date(String(row?.["window_start"])).toISOString().replace(".000Z", "Z");
    expect(verdict.differences).toEqual([
      {
        link: "log-tables",
        what: "wrong-value",
        table: "socmed_5s",
        column: "sales",
        partition: 2,
        where: `window ${start}, ${row?.["kota"]}, ${row?.["sosial_media"]}`,
        expected: row?.["sales"],
        found: String(Number(row?.["sales"]) + 1),
      },
    ]);
  });
});

describe("what is no difference", () => {
  it("is nothing of another topic in the same tables", async () => {
    const databaseUrl = await servers.copyDatabase(sound);
    await query(databaseUrl, `DELETE FROM socmed_5s WHERE ${oneWindow("socmed_5s")}`);
    expect(await check(databaseUrl, "default")).toMatchObject({ equal: true, records: 2_000 });
    expect(await check(databaseUrl, topic)).toMatchObject({ equal: false, records: 6_000 });
  });

  it("is the wording of a rejection", async () => {
    const verdict = await plant("UPDATE socmed_rejected SET expected = 'better', received = 'worse'");
    expect(verdict.counts).toEqual([]);
  });
});

describe("many differences", () => {
  it("are all counted, and one of each kind is told before more of any", async () => {
    const databaseUrl = await servers.copyDatabase(sound);
    await query(
      databaseUrl,
      `UPDATE socmed_user_sales SET sales = sales + 1 WHERE topic = 'dirty'; DELETE FROM socmed_1m WHERE topic = 'dirty'`,
    );
    const verdict = await verify({ brokers: servers.kafkaBrokers, databaseUrl, topic, differences: 3 });
    expect(kindsOf(verdict)).toEqual([
      `socmed_user_sales.sales: ${verdict.ledger.counted} wrong-value`,
      `socmed_1m: ${verdict.compared["socmed_1m"]} missing-row`,
    ]);
    expect(verdict.differences.map(({ table }) => table)).toEqual([
      "socmed_user_sales",
      "socmed_user_sales",
      "socmed_1m",
    ]);
  });

  it("are what a missing checkpoint makes of its partition's rows", async () => {
    const verdict = await plant(`DELETE FROM tidemark.checkpoints WHERE ${oneCheckpoint}`);
    expect(kindsOf(verdict).map((kind) => kind.replace(/\d+ /, ""))).toEqual([
      "socmed_user_sales: unexpected-row",
      "socmed_late: unexpected-row",
      "socmed_rejected: unexpected-row",
      "socmed_5s: unexpected-row",
      "socmed_1m: unexpected-row",
      "socmed_1h: unexpected-row",
      "socmed_verdicts_1m: unexpected-row",
      "socmed_verdicts_1h: unexpected-row",
      "tidemark.checkpoints: no-checkpoint",
    ]);
  });
});
