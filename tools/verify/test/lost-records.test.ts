import { createStream, presets } from "@tidemark/socmed/scenario";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "../src/verdict.js";
import { verify } from "../src/verify.js";
import {
  consume,
  createTopic,
  deleteRecords,
  messageOf,
  produce,
  query,
  recordsOf,
  runMain,
  startServers,
  type TestServers,
} from "./servers.js";

const topic = "shortened";
const partitions = 3;
const [lost, whole] = [1, 2];
const scenario = { ...presets.dirty, rate: { kind: "constant", perSecond: 20 } } as const;
const stream = createStream({ scenario, seed: 7, startMs: Date.parse("2024-02-03T23:45:00Z") });
let servers: TestServers;
let databaseUrl: string;

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, partitions);
  const messages = recordsOf({ stream, startIndex: 0, events: 12_000 }).map((record, at) => ({
    ...messageOf(record, 1),
    partition: at % partitions,
  }));
  await produce(servers, topic, messages);
  await consume(servers, topic, databaseUrl);
  await deleteRecords(servers, topic, lost, 100);
});
afterAll(() => servers.close());

const check = (url: string) => verify({ brokers: servers.kafkaBrokers, databaseUrl: url, topic });
const kindsOf = ({ counts }: Verdict) =>
  counts.map(({ table, column, what, count }) => `${table}${column === null ? "" : `.${column}`}: ${count} ${what}`);

describe("where the log of one partition has lost records", () => {
  it("the others are compared, and nothing is called equal that was not", async () => {
    const merged = await query(databaseUrl, "SELECT FROM socmed_5s WHERE partition = -1");
    expect(merged.length).toBeGreaterThan(100);
    const verdict = await check(databaseUrl);
    expect(verdict.differences).toEqual([]);
    expect(verdict.equal).toBe(false);
    expect(verdict.unproven).toEqual([{ partition: lost, logStart: 100, startOffset: 0, lost: 0 }]);
    const [raw] = await query(
      databaseUrl,
      `SELECT count(*)::int AS n FROM socmed_user_sales WHERE partition <> ${lost}`,
    );
    expect(verdict.compared["socmed_user_sales"]).toBe(raw?.["n"]);
    expect(verdict.compared["tidemark.checkpoints"]).toBe(partitions - 1);
    expect(verdict.compared["socmed_5s_total"]).toBeGreaterThan(100);
    expect(Object.keys(verdict.panels)).toContain("total-usage");
    const { code, out } = await runMain("tools/verify", ["--topic", topic], { DATABASE_URL: databaseUrl, ...kafka() });
    expect(out).toContain("The log of shortened[1] begins at offset 100, and its tables at 0");
    expect(out.trimEnd().split("\n").at(-1)).toBe(
      "Not proven: 1 of 3 partitions was not compared. All others are equal.",
    );
    expect(code).toBe(2);
  });

  it.each([
    [
      "a row",
      `DELETE FROM socmed_user_sales WHERE partition = ${whole} AND "offset" = 7`,
      ["socmed_user_sales: 1 missing-row"],
    ],
    [
      "a window that is in no row",
      `DELETE FROM socmed_1m WHERE partition = -1 AND window_start = (SELECT min(window_start) FROM socmed_1m)`,
      [expect.stringMatching(/^socmed_1m: \d+ missing-row$/)],
    ],
    [
      "a counter",
      `UPDATE socmed_verdicts_1h SET records = records + 1 WHERE partition = ${whole} AND verdict = 'counted'
         AND window_start = (SELECT min(window_start) FROM socmed_verdicts_1h WHERE partition = ${whole} AND verdict = 'counted')`,
      ["socmed_verdicts_1h.records: 1 wrong-value"],
    ],
    [
      "a ledger",
      `UPDATE tidemark.checkpoints SET counted = counted + 1, late = late - 1 WHERE partition = ${whole}`,
      ["tidemark.checkpoints.counted: 1 wrong-value", "tidemark.checkpoints.late: 1 wrong-value"],
    ],
  ])("finds %s of another partition that is wrong, and exits with 1", async (_, sql, kinds) => {
    const broken = await servers.copyDatabase(databaseUrl);
    await query(broken, sql);
    expect(kindsOf(await check(broken)).filter((kind) => !kind.startsWith("null"))).toEqual(
      expect.arrayContaining(kinds),
    );
    const { code } = await runMain("tools/verify", ["--topic", topic], { DATABASE_URL: broken, ...kafka() });
    expect(code).toBe(1);
  });
});

const kafka = () => ({ KAFKA_BROKERS: servers.kafkaBrokers.join(",") });
