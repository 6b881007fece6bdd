import { mergeWindows } from "@tidemark/sinks";
import { createStream, presets } from "@tidemark/socmed/scenario";
import { socmed } from "@tidemark/socmed/tables";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "../src/verdict.js";
import { verify } from "../src/verify.js";
import { consume, createTopic, messageOf, produce, query, recordsOf, runMain, runOf, startServers } from "./servers.js";
import type { TestMessage, TestServers } from "./servers.js";

const topic = "unkeyed";
const partitions = 8;
const events = 24_000;
let servers: TestServers;
let databaseUrl: string;

/** Twenty minutes of records that go to all partitions in turn, with all that can go wrong. */
const scenario = { ...presets.dirty, rate: { kind: "constant", perSecond: 20 } } as const;
const stream = createStream({ scenario, seed: 7, startMs: Date.parse("2024-02-03T23:45:00Z") });
const inTurn = (messages: readonly TestMessage[], over: number) =>
  messages.map((message, at) => ({ ...message, partition: at % over }));
const all = recordsOf({ stream, startIndex: 0, events }).map((record) => messageOf(record, 1));

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, partitions);
  await produce(servers, topic, inTurn(all.slice(0, events / 2), partitions));
  await consume(servers, topic, databaseUrl);
  await produce(servers, topic, inTurn(all.slice(events / 2), partitions));
  await consume(servers, topic, databaseUrl);
});
afterAll(() => servers.close());

const check = (url: string, of = topic) => verify({ brokers: servers.kafkaBrokers, databaseUrl: url, topic: of });
const kindsOf = ({ counts }: Verdict) =>
  counts.map(({ table, column, what, count }) => `${table}${column === null ? "" : `.${column}`}: ${count} ${what}`);
const rowsOf = async (url: string, where: string) =>
  (await query(url, `SELECT FROM socmed_5s WHERE topic = '${topic}' AND ${where}`)).length;
const merge = (url: string, of = topic) => mergeWindows({ databaseUrl: url, pipeline: socmed, topic: of });

it("a consumer merges closed windows of all partitions, and the verifier finds each figure, to the bit", async () => {
  const verdict = await check(databaseUrl);
  expect(verdict.differences).toEqual([]);
  expect(await rowsOf(databaseUrl, "partition = -1")).toBeGreaterThan(2_000);
  // Open ones have a row for each partition.
  expect(await rowsOf(databaseUrl, "partition >= 0")).toBeGreaterThan(100);
  const [row] = await query(
    databaseUrl,
    `SELECT count(*)::int AS parts FROM (SELECT FROM socmed_5s r JOIN socmed_5s_total v USING (topic, window_start, kota, sosial_media)
     WHERE v.closed GROUP BY topic, window_start, kota, sosial_media HAVING count(*) > 1) AS several`,
  );
  expect(row).toEqual({ parts: 0 });
  expect(verdict.compared["socmed_5s"]).toBeGreaterThan(10_000);
});

/** One row of windows that are merged, of more than one partition. */
const oneMerged = (table: string) =>
  `ctid = (SELECT ctid FROM ${table} WHERE partition = -1 AND conversion_rate_sum > 0 ORDER BY window_start, kota, sosial_media OFFSET 7 LIMIT 1)`;

describe("the verifier finds", () => {
  it.each([
    [
      "a sum of doubles that is another in its last digit",
      `UPDATE socmed_5s SET conversion_rate_sum = conversion_rate_sum * (1 + 2.3e-16) WHERE ${oneMerged("socmed_5s")}`,
      ["socmed_5s.conversion_rate_sum: 1 wrong-value"],
    ],
    [
      "a count that is another",
      `UPDATE socmed_1m SET sales = sales + 1 WHERE ${oneMerged("socmed_1m")}`,
      ["socmed_1m.sales: 1 wrong-value"],
    ],
    [
      "a merged row too many",
      `INSERT INTO socmed_5s SELECT topic, partition, window_start - interval '1 day', kota, sosial_media, usage_count, sales, visitors,
         page_visitors, conversion, conversion_rate_sum, conversion_rate_count, bounce_rate_sum, bounce_rate_count, events
       FROM socmed_5s WHERE ${oneMerged("socmed_5s")}`,
      ["socmed_5s: 1 unexpected-row"],
    ],
    [
      "a row that was merged before its partition had closed the window",
      `DELETE FROM tidemark.merged_windows;
       UPDATE socmed_5s SET partition = -1 WHERE ctid = (
         SELECT r.ctid FROM socmed_5s r WHERE partition = 3 AND window_start = (SELECT max(window_start) FROM socmed_5s WHERE partition = 3) LIMIT 1)`,
      ["socmed_5s: 1 missing-row", "socmed_5s: 1 unexpected-row"],
    ],
    [
      "that a partition's share is another",
      "UPDATE tidemark.merged_windows SET events = events - 1, events_since = events_since + 1 WHERE partition = 5 AND rollup = 'socmed_1m'",
      ["tidemark.merged_windows.events: 1 wrong-value", "tidemark.merged_windows.events_since: 1 wrong-value"],
    ],
    [
      "a merged row that is gone, in each of its partitions",
      `DELETE FROM socmed_1m WHERE ctid = (SELECT ctid FROM socmed_1m WHERE partition = -1 ORDER BY events DESC LIMIT 1)`,
      ["socmed_1m: 8 missing-row"],
    ],
  ])("%s", async (_name, sql, kinds) => {
    const url = await servers.copyDatabase(databaseUrl);
    const { count } = await query(url, sql);
    expect(count).toBeGreaterThan(0);
    expect(kindsOf(await check(url))).toEqual(expect.arrayContaining(kinds));
  });
});

it("a partition that is added to the topic takes part, and what is merged before and after is equal to the log", async () => {
  const url = await servers.createDatabase();
  const own = "grows";
  await createTopic(servers, own, 3);
  await produce(servers, own, inTurn(all.slice(0, 8_000), 3));
  await consume(servers, own, url);
  const merged = async () => (await query(url, "SELECT FROM socmed_5s WHERE partition = -1")).length;
  const before = await merged();
  expect(before).toBeGreaterThan(300);
  const admin = servers.kafka.admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic: own, count: 5 }] });
  await admin.disconnect();
  // The new ones begin with events of windows that are merged already.
  await produce(
    servers,
    own,
    all.slice(0, 8_000).flatMap((message, at) => (at % 3 === 0 ? [{ ...message, partition: 3 + (at % 2) }] : [])),
  );
  await consume(servers, own, url);
  expect((await check(url, own)).differences).toEqual([]);
  await produce(servers, own, inTurn(all.slice(8_000, 16_000), 5));
  await consume(servers, own, url);
  expect((await check(url, own)).differences).toEqual([]);
  expect(await merged()).toBeGreaterThan(before);
});

it("retention drops merged windows, and the verifier knows about how many rows those were", async () => {
  const url = await servers.createDatabase();
  const own = "days";
  const startMs = Date.parse("2024-02-03T01:00:00Z");
  // Within three seconds of every second hour, for four days.
  const messages = recordsOf(runOf("deck", 3_000)).map((record, at): TestMessage => {
    const timeMs = startMs + Math.floor(at / 60) * 7_200_000 + Math.floor((at % 60) / 20) * 1_000;
    const event = { ...(JSON.parse(Buffer.from(record.value ?? []).toString()) as object), Ts: timeMs / 1000 };
    return {
      ...messageOf(record, 1),
      value: Buffer.from(JSON.stringify(event)),
      timestampMs: timeMs,
      partition: at % 3,
    };
  });
  await createTopic(servers, own, 3);
  await produce(servers, own, messages);
  await consume(servers, own, url);
  const few = await servers.copyDatabase(url);
  await consume(servers, own, url, { RETENTION_DAYS: "1" });
  const verdict = await check(url, own);
  expect(verdict.differences).toEqual([]);
  const note = verdict.retention.find(({ table }) => table === "socmed_5s");
  expect(note?.droppedRows).toBeGreaterThan(500);
  expect(note?.leftOut).toBeGreaterThan(note?.droppedRows ?? Infinity);
  await query(url, "UPDATE tidemark.retention SET dropped_rows = 3 WHERE table_name = 'socmed_5s'");
  expect(kindsOf(await check(url, own))).toEqual(["tidemark.retention.dropped_rows: 1 wrong-value"]);

  // No boundary excuses them.
  await query(few, "DELETE FROM socmed_5s WHERE window_start < '2024-02-05 00:00:00+00' AND partition = -1");
  expect(kindsOf(await check(few, own))[0]).toMatch(/^socmed_5s: \d+ missing-row$/);
});

it("a rebuild of one partition reads all of them again, and the tables are what they were", async () => {
  const url = await servers.copyDatabase(databaseUrl);
  const views = async () =>
    query(
      url,
      "SELECT v::text AS row FROM socmed_5s_total v UNION ALL SELECT v::text FROM socmed_1h_total v ORDER BY 1",
    );
  const before = await views();
  const addresses = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: url, KAFKA_TOPIC: topic };
  const { code, out, err } = await runMain("apps/consumer", ["rebuild", "--partition", "2"], addresses);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (let partition = 0; partition < partitions; partition += 1)
    expect(out).toContain(`partition ${partition} was taken out of the tables`);
  expect((await check(url)).differences).toEqual([]);
  expect(await rowsOf(url, "partition = -1")).toBeGreaterThan(1_000);
  await merge(url);
  expect(await views()).toEqual(before);
});
