import { afterAll, beforeAll, expect, it } from "vitest";
import { verify } from "../src/verify.js";
import { consume, createTopic, messageOf, produce, query, recordsOf, runOf, startServers } from "./servers.js";
import type { TestServers } from "./servers.js";

const topic = "dirty";
const boundary = "2024-02-03 17:03:00+00";
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
  // Ten minutes, so that late and rejected rows lie on both sides of the boundary.
  const records = recordsOf(runOf("dirty", 30_000));
  await produce(
    servers,
    topic,
    records.map((record) => messageOf(record, 4)),
  );
  await consume(servers, topic, databaseUrl);
});

afterAll(() => servers.close());

const check = (url: string) => verify({ kafkaBrokers: servers.kafkaBrokers, databaseUrl: url, topic });

/** Drops the old rows of each table as retention does, and says so. */
async function dropOld(url: string): Promise<Record<string, number>> {
  const dropped: Record<string, number> = {};
  for (const [table, age] of Object.entries(ages)) {
    const { count } = await query(url, `DELETE FROM ${table} WHERE ${isOld(age)}`);
    dropped[table] = count;
    await query(
      url,
      `INSERT INTO tidemark.retention (table_name, complete_from, dropped_rows) VALUES ('${table}', '${boundary}', ${count})`,
    );
  }
  return dropped;
}

it("rows that were dropped are named, and not expected; all others are compared as ever", async () => {
  const url = await servers.copyDatabase(databaseUrl);
  const whole = await check(url);
  const dropped = await dropOld(url);
  const verdict = await check(url);
  expect(verdict.differences).toEqual([]);
  expect(verdict.retention).toEqual(
    Object.entries(dropped).map(([table, count]) => ({
      table,
      completeFrom: "2024-02-03T17:03:00.000Z",
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

it("old rows that are still there are not compared; a fault from the boundary on is found", async () => {
  const url = await servers.copyDatabase(databaseUrl);
  for (const table of Object.keys(ages)) {
    await query(
      url,
      `INSERT INTO tidemark.retention (table_name, complete_from, dropped_rows) VALUES ('${table}', '${boundary}', 0)`,
    );
  }
  await query(url, `UPDATE socmed_5s SET sales = sales + 1 WHERE window_start < '${boundary}'`);
  expect(await check(url)).toMatchObject({ equal: true });
  for (const [table, age] of Object.entries(ages)) {
    await query(url, `DELETE FROM ${table} WHERE ${age} = (SELECT min(${age}) FROM ${table} WHERE NOT ${isOld(age)})`);
  }
  const { counts } = await check(url);
  expect(counts.map(({ table, what }) => [table, what])).toEqual(
    expect.arrayContaining(Object.keys(ages).map((table) => [table, "missing-row"])),
  );
});
