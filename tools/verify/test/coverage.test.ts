import { createStream, presets } from "@tidemark/socmed/scenario";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "../src/verdict.js";
import { verify } from "../src/verify.js";
import { consume, createTopic, messageOf, produce, query, recordsOf, startServers } from "./servers.js";
import type { TestServers } from "./servers.js";

const topic = "far";
let servers: TestServers;
let sound: string;

beforeAll(async () => {
  servers = await startServers();
  sound = await servers.createDatabase();
  await createTopic(servers, topic, 2);
  const stream = createStream({ scenario: presets.dirty, seed: 7, startMs: Date.parse("3000-01-01T00:00:00Z") });
  const records = recordsOf({ stream, startIndex: 0, events: 1_000 });
  await produce(
    servers,
    topic,
    // A broker takes no time that is so far ahead of its own. Windows of a key lie in both partitions.
    records.map((record, at) => ({ ...messageOf(record, 2), timestampMs: -1, partition: at % 2 })),
  );
  await consume(servers, topic, sound);
});

afterAll(() => servers.close());

async function plant(sql: string): Promise<Verdict> {
  const databaseUrl = await servers.copyDatabase(sound);
  await query(databaseUrl, sql);
  return verify({ brokers: servers.kafkaBrokers, databaseUrl, topic, differences: 1_000 });
}

const kindsOf = ({ counts }: Verdict) =>
  counts.map(({ table, column, what, count }) => `${table}${column === null ? "" : `.${column}`}: ${count} ${what}`);

async function countRows(table: string): Promise<number> {
  const [row] = await query(sound, `SELECT count(*)::int AS rows FROM ${table}`);
  return Number(row?.["rows"]);
}

it("records without a time are counted of no minute", async () => {
  const verdict = await plant(
    `UPDATE socmed_verdicts_1m SET records = records + 1 WHERE verdict = 'counted';
     UPDATE socmed_verdicts_1h SET records = records + 1 WHERE verdict = 'counted'`,
  );
  expect(kindsOf(verdict)).toEqual([
    "socmed_verdicts_1m.records: 2 wrong-value",
    "socmed_verdicts_1h.records: 2 wrong-value",
  ]);
  expect(verdict.differences[0]).toMatchObject({ partition: 0, where: "window -infinity, counted" });
});

it("a window of the year 3000 is found where it begins a microsecond later", async () => {
  const windows = await countRows("socmed_1m");
  const verdict = await plant("UPDATE socmed_1m SET window_start = window_start + interval '1 microsecond'");
  // A row of several partitions is missed as the rows that were merged into it.
  expect(kindsOf(verdict)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^socmed_1m: \d+ missing-row$/),
      `socmed_1m: ${windows} unexpected-row`,
    ]),
  );
});

describe("the views over all partitions", () => {
  /** The view as it is, with something else in one place. */
  async function changeView(view: string, find: RegExp, replace: string): Promise<Verdict> {
    const [row] = await query(sound, `SELECT pg_get_viewdef('${view}'::regclass, true) AS text`);
    const text = String(row?.["text"]);
    expect(text).toMatch(find);
    return plant(`CREATE OR REPLACE VIEW ${view} AS ${text.replace(find, replace)}`);
  }

  it("are compared, window by window", async () => {
    const verdict = await plant("SELECT 1");
    expect(verdict.counts).toEqual([]);
    expect(verdict.compared["socmed_5s_total"]).toBeLessThan(verdict.compared["socmed_5s"] ?? NaN);
    expect(verdict.compared["socmed_5s_total"]).toBe(await countRows("socmed_5s_total"));
    expect(verdict.compared["socmed_1m_total"]).toBe(await countRows("socmed_1m_total"));
    expect(verdict.compared["socmed_1h_total"]).toBe(await countRows("socmed_1h_total"));
  });

  it.each(["socmed_5s_total", "socmed_1m_total", "socmed_1h_total"])(
    "%s: a sum of something else is found",
    async (view) => {
      const verdict = await changeView(view, /sum\(r\.sales\)/, "max(r.sales + 1)");
      expect(kindsOf(verdict)).toEqual([`${view}.sales: ${verdict.compared[view]} wrong-value`]);
      expect(verdict.differences[0]?.where).toMatch(/^window \d{4}-\d\d-\d\dT[\d:]+Z, /);
    },
  );

  it("a rate that is off by less than a percent is found", async () => {
    const verdict = await changeView(
      "socmed_1m_total",
      /sum\(r\.bounce_rate_sum ORDER BY/,
      "sum(r.bounce_rate_sum * 1.000001 ORDER BY",
    );
    expect(kindsOf(verdict)).toEqual([expect.stringMatching(/^socmed_1m_total\.bounce_rate_sum: \d+ wrong-value$/)]);
  });

  it("`closed` too early is found", async () => {
    const verdict = await changeView(
      "socmed_5s_total",
      /COALESCE\(bool_and\(.*\), false\) AS closed/i,
      "true AS closed",
    );
    expect(kindsOf(verdict)).toEqual([expect.stringMatching(/^socmed_5s_total\.closed: \d+ wrong-value$/)]);
    expect(verdict.differences[0]).toMatchObject({ partition: null, expected: "false", found: "true" });
  });

  it("windows that it lacks, and has too many, are found", async () => {
    const lacks = await changeView(
      "socmed_5s_total",
      /GROUP BY r\.topic/,
      "WHERE r.kota <> 'Jakarta' GROUP BY r.topic",
    );
    expect(kindsOf(lacks)).toEqual([expect.stringMatching(/^socmed_5s_total: \d+ missing-row$/)]);
    const more = await changeView(
      "socmed_1m_total",
      /SELECT r\.topic,\s+r\.window_start,/,
      "SELECT r.topic, r.window_start + interval '1 year' AS window_start,",
    );
    expect(kindsOf(more).toSorted()).toEqual([
      `socmed_1m_total: ${more.compared["socmed_1m_total"]} missing-row`,
      `socmed_1m_total: ${more.compared["socmed_1m_total"]} unexpected-row`,
    ]);
  });
});

describe("rows that no checkpoint and no definition speak for", () => {
  it.each([
    "socmed_user_sales",
    "socmed_late",
    "socmed_rejected",
    "socmed_5s",
    "socmed_1m",
    "socmed_1h",
    "socmed_verdicts_1m",
    "socmed_verdicts_1h",
  ])("of a topic without a checkpoint in %s", async (table) => {
    const rows = await countRows(table);
    expect(rows).toBeGreaterThan(0);
    const verdict = await plant(
      `CREATE TEMP TABLE other AS SELECT * FROM ${table}; UPDATE other SET topic = 'nobody''s';
         INSERT INTO ${table} SELECT * FROM other`,
    );
    expect(kindsOf(verdict)).toEqual([`${table}: 1 unexpected-rows`]);
    expect(verdict.differences[0]).toMatchObject({
      partition: null,
      where: "topic nobody's, which has no checkpoint",
      expected: "no rows",
      found: `${rows} rows`,
    });
  });
});
