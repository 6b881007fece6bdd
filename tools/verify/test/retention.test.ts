import { applyRetention } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { createStream, presets } from "@tidemark/socmed/scenario";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBoundaries } from "../src/retention.js";
import { formatVerdict } from "../src/report.js";
import { withSnapshot, type Snapshot } from "../src/snapshot.js";
import type { Verdict } from "../src/verdict.js";
import { verify } from "../src/verify.js";
import { consume, createTopic, messageOf, produce, query, recordsOf, startServers } from "./servers.js";
import type { TestServers } from "./servers.js";

const topic = "dirty";
const boundary = "2024-02-04 00:00:00+00";
let servers: TestServers;
let databaseUrl: string;

/** What a table's rows go by. */
const ages = {
  socmed_user_sales: "ts",
  socmed_late: "watermark",
  socmed_rejected: "watermark",
  socmed_5s: "window_start",
};
const isOld = (age: string) => `(${age} IS NULL OR ${age} < '${boundary}')`;

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, 4);
  // Rejected before any event, so that there is no watermark.
  await produce(servers, topic, [{ partition: 0, key: null, value: null, timestampMs: -1 }]);
  // Ten minutes around midnight, so that late and rejected rows lie on both sides of the boundary.
  const stream = createStream({ scenario: presets.dirty, seed: 7, startMs: Date.parse("2024-02-03T23:57:00Z") });
  const records = recordsOf({ stream, startIndex: 0, events: 30_000 });
  await produce(
    servers,
    topic,
    records.map((record) => messageOf(record, 4)),
  );
  await consume(servers, topic, databaseUrl);
});

afterAll(() => servers.close());

const check = (url: string) => verify({ brokers: servers.kafkaBrokers, databaseUrl: url, topic });
const kindsOf = ({ counts }: Verdict) =>
  counts.map(({ table, column, what, count }) => `${table}${column === null ? "" : `.${column}`}: ${count} ${what}`);

const say = (url: string, table: string, completeFrom: string, droppedRows: number) =>
  query(
    url,
    `INSERT INTO tidemark.retention (pipeline, table_name, complete_from, dropped_rows)
     VALUES ('socmed', '${table}', '${completeFrom}', ${droppedRows})`,
  );

/** Drops the old rows of each table as retention does, and says so. */
async function dropOld(url: string): Promise<Record<string, number>> {
  const dropped: Record<string, number> = {};
  for (const [table, age] of Object.entries(ages)) {
    const { count } = await query(url, `DELETE FROM ${table} WHERE ${isOld(age)}`);
    dropped[table] = count;
    await say(url, table, boundary, count);
  }
  return dropped;
}

it("rows that were dropped are named, and not expected; all others are compared as ever", async () => {
  const url = await servers.copyDatabase(databaseUrl);
  const whole = await check(url);
  expect(whole.comparedFrom).toBeNull();
  const dropped = await dropOld(url);
  const verdict = await check(url);
  expect(verdict.differences).toEqual([]);
  expect(verdict.retention).toEqual(
    Object.entries(dropped).map(([table, count]) => ({
      table,
      completeFrom: "2024-02-04T00:00:00.000Z",
      leftOut: count,
      droppedRows: count,
    })),
  );
  for (const [table, count] of Object.entries(dropped)) {
    expect(count).toBeGreaterThan(0);
    expect(verdict.compared[table]).toBe((whole.compared[table] ?? NaN) - count);
    expect(verdict.compared[table]).toBeGreaterThan(0);
  }
  expect(verdict.compared["socmed_1m"]).toBe(whole.compared["socmed_1m"]);
  expect(verdict.comparedFrom).toBe("2024-02-04T00:00:00.000Z");
  expect(formatVerdict(verdict, 80)).toMatch(/\nEqual from 2024-02-04 on\.$/);
});

it("without the boundary they are missing", async () => {
  const url = await servers.copyDatabase(databaseUrl);
  const dropped = await dropOld(url);
  await query(url, "DELETE FROM tidemark.retention");
  const { counts } = await check(url);
  expect(counts.map(({ table, what, count }) => [table, what, count])).toEqual(
    expect.arrayContaining(Object.entries(dropped).map(([table, count]) => [table, "missing-row", count])),
  );
  expect(counts).toHaveLength(4);
});

it("old rows that are still there are compared; so is all from the boundary on", async () => {
  const url = await servers.copyDatabase(databaseUrl);
  for (const table of Object.keys(ages)) await say(url, table, boundary, 0);
  expect(await check(url)).toMatchObject({ equal: true, comparedFrom: null });
  const { count } = await query(url, `UPDATE socmed_5s SET sales = sales + 1 WHERE window_start < '${boundary}'`);
  expect(kindsOf(await check(url))).toEqual([`socmed_5s.sales: ${count} wrong-value`]);
  for (const [table, age] of Object.entries(ages)) {
    await query(url, `DELETE FROM ${table} WHERE ${age} = (SELECT min(${age}) FROM ${table} WHERE NOT ${isOld(age)})`);
  }
  const { counts } = await check(url);
  expect(counts.filter(({ what }) => what === "missing-row").map(({ table }) => table)).toEqual(
    expect.arrayContaining(Object.keys(ages)),
  );
});

describe("what the consumer's own retention dropped", () => {
  const days = "several-days";
  const partitions = 4;
  let kept: string;

  beforeAll(async () => {
    await createTopic(servers, days, partitions + 1);
    kept = await servers.createDatabase();
    // One event in 10 s for three and a half days, with all that can go wrong.
    const scenario = { ...presets.dirty, rate: { kind: "constant", perSecond: 0.1 } } as const;
    const stream = createStream({ scenario, seed: 7, startMs: Date.parse("2024-02-03T12:00:00Z") });
    const records = recordsOf({ stream, startIndex: 0, events: 30_000 }).map((record) => messageOf(record, partitions));
    await produce(servers, days, records);
    await consume(servers, days, kept, { RETENTION_DAYS: "1" });
  });

  const checkDays = (url: string) => verify({ brokers: servers.kafkaBrokers, databaseUrl: url, topic: days });

  /** All but what was looked at of the panels: consumers observe themselves by a clock. */
  const linksOf = ({ views: _views, panels: _panels, ...links }: Verdict) => links;

  it("is exactly what is gone, and the rest is equal", async () => {
    const verdict = await checkDays(kept);
    expect(verdict.differences).toEqual([]);
    expect(verdict.comparedFrom).toBe("2024-02-05T00:00:00.000Z");
    expect(verdict.retention.map(({ table }) => table)).toEqual(Object.keys(ages));
    for (const { leftOut, droppedRows, completeFrom } of verdict.retention) {
      expect(droppedRows).toBeGreaterThan(0);
      expect(leftOut).toBe(droppedRows);
      expect(completeFrom).toBe("2024-02-05T00:00:00.000Z");
    }
    for (const table of Object.keys(ages)) expect(verdict.compared[table]).toBeGreaterThan(0);
  });

  it("goes at the start too, with nothing left to read", async () => {
    const url = await servers.createDatabase();
    await consume(servers, days, url);
    expect((await checkDays(url)).comparedFrom).toBeNull();
    await consume(servers, days, url, { RETENTION_DAYS: "1" });
    expect(linksOf(await checkDays(url))).toEqual(linksOf(await checkDays(kept)));
  });

  it("excuses no row of a partition that began with older events afterwards", async () => {
    const url = await servers.copyDatabase(kept);
    const stream = createStream({ scenario: presets.deck, seed: 1, startMs: Date.parse("2024-02-03T13:00:00Z") });
    const old = recordsOf({ stream, startIndex: 0, events: 100 }).map((record) => ({
      ...messageOf(record, partitions),
      partition: partitions,
    }));
    // Rejected before any event: it goes as soon as the partition has a watermark.
    const reject = { partition: partitions, key: null, value: null, timestampMs: -1 };
    await produce(servers, days, [reject, ...old]);
    await consume(servers, days, url, { RETENTION_DAYS: "1" });
    expect((await checkDays(url)).differences).toEqual([]);
    const { count } = await query(url, `DELETE FROM socmed_user_sales WHERE partition = ${partitions}`);
    expect(count).toBeGreaterThan(0);
    expect(kindsOf(await checkDays(url))).toEqual([`socmed_user_sales: ${count} missing-row`]);
  });

  it("is dropped before a look at the tables or after it, never in between", async () => {
    const url = await servers.copyDatabase(kept);
    await query(url, "UPDATE tidemark.checkpoints SET watermark = watermark + interval '1 day'");
    const count = "SELECT count(*)::int AS rows FROM socmed_user_sales";
    const [before] = await query(url, count);
    const lock = () => Promise.resolve("socmed_user_sales");
    const work = async (snapshot: Snapshot) => {
      await readBoundaries(snapshot, "socmed");
      const run = await applyRetention({ databaseUrl: url, pipeline: socmed, days: 1 });
      expect(run.isDone).toBe(false);
      expect(await snapshot.unsafe(count)).toEqual([before]);
    };
    await withSnapshot(url, work, { lock });
  });
});

describe("a boundary that retention cannot have set is a difference, and excuses nothing", () => {
  it.each([
    ["beyond the watermark", "9999-01-01"],
    ["just beyond the watermark", "2024-02-05"],
    ["without end", "infinity"],
    ["before all time", "-infinity"],
    ["a microsecond within a day", "2024-02-04 00:00:00.000001+00"],
    ["within a day", "2024-02-03 23:59:00+00"],
  ])("%s", async (_name, completeFrom) => {
    const url = await servers.copyDatabase(databaseUrl);
    const { count } = await query(url, "DELETE FROM socmed_5s");
    await say(url, "socmed_5s", completeFrom, count);
    const verdict = await check(url);
    expect(kindsOf(verdict)).toEqual([
      "tidemark.retention.complete_from: 1 wrong-value",
      `socmed_5s: ${count} missing-row`,
    ]);
    expect(verdict.retention).toEqual([]);
    expect(verdict.differences[0]).toMatchObject({ partition: null, where: "socmed_5s" });
    expect(formatVerdict(verdict, 80)).toMatch(/\n {2}tidemark\.retention\.complete_from, socmed_5s: wrong value\n/);
  });

  it("where no partition has a watermark", async () => {
    const url = await servers.copyDatabase(databaseUrl);
    await query(url, "UPDATE tidemark.checkpoints SET watermark = NULL");
    await say(url, "socmed_5s", boundary, 0);
    expect(kindsOf(await check(url))).toContain("tidemark.retention.complete_from: 1 wrong-value");
  });

  it("of a table whose rows stay", async () => {
    const url = await servers.copyDatabase(databaseUrl);
    const { count } = await query(url, `DELETE FROM socmed_1m WHERE window_start < '${boundary}'`);
    await say(url, "socmed_1m", boundary, count);
    const verdict = await check(url);
    expect(kindsOf(verdict)).toEqual([
      "tidemark.retention.complete_from: 1 wrong-value",
      `socmed_1m: ${count} missing-row`,
    ]);
    expect(verdict.differences[0]).toMatchObject({ expected: "no boundary: retention never drops rows of socmed_1m" });
  });
});

describe("the rows that are gone have to be as many as were dropped", () => {
  it("exactly, where the topic is the only one", async () => {
    const url = await servers.copyDatabase(databaseUrl);
    const dropped = await dropOld(url);
    await query(url, "UPDATE tidemark.retention SET dropped_rows = dropped_rows + 1");
    const verdict = await check(url);
    expect(kindsOf(verdict)).toEqual(["tidemark.retention.dropped_rows: 4 wrong-value"]);
    const count = dropped["socmed_5s"] ?? NaN;
    expect(verdict.differences).toContainEqual(
      expect.objectContaining({ where: "socmed_5s", expected: String(count), found: String(count + 1) }),
    );
  });

  it("at most, where there are several topics", async () => {
    const url = await servers.copyDatabase(databaseUrl);
    const dropped = await dropOld(url);
    await query(
      url,
      `INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch)
       SELECT pipeline, 'other', partition, group_name, cluster_id, definition_hash, 0, 0, 0 FROM tidemark.checkpoints;
       UPDATE tidemark.retention SET dropped_rows = dropped_rows + 1`,
    );
    const more = await check(url);
    expect(more.differences).toEqual([]);
    expect(formatVerdict(more, 500)).toContain("dropped, of all 2 topics: ");
    await query(url, "UPDATE tidemark.retention SET dropped_rows = dropped_rows - 2");
    const verdict = await check(url);
    expect(kindsOf(verdict)).toEqual(["tidemark.retention.dropped_rows: 4 wrong-value"]);
    expect(verdict.differences).toContainEqual(
      expect.objectContaining({ where: "socmed_5s", expected: `at least ${dropped["socmed_5s"]}` }),
    );
  });
});
