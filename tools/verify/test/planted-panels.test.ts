import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { copyPipeline, type PipelineCopy } from "@tidemark/pipeline-copy";
import { migrate } from "@tidemark/sinks";
import { createStream, presets, type Scenario } from "@tidemark/socmed/scenario";
import { socmed } from "@tidemark/socmed/tables";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CountedKind } from "../src/findings.js";
import { formatVerdict } from "../src/report.js";
import type { Verdict } from "../src/verdict.js";
import { panelFaults } from "./planted/panel-faults.js";
import { consume, createTopic, messageOf, produce, query, recordsOf, startMs, startServers } from "./servers.js";
import type { TestServers } from "./servers.js";

const topic = "ties";
const partitions = 4;
let servers: TestServers;
let databaseUrl: string;
let copy: PipelineCopy;

/** Small counts, so that sums are equal here and there; gaps between events; and late ones often enough to come in bursts. */
const scenario: Scenario = {
  ...presets.dirty,
  name: topic,
  cities: presets.deck.cities,
  platforms: presets.deck.platforms,
  affinities: [],
  rate: { kind: "constant", perSecond: 4 },
  traffic: {
    kind: "independent",
    Usage_Count: [0, 2],
    Sales: [0, 1],
    Visitors: [0, 9],
    PageVisitors: [0, 4],
    Conversion: [0, 4],
  },
  faults: { ...presets.dirty.faults, lateJust: { share: 0.03 }, lateFar: { share: 0.03, bySeconds: [60, 43_200] } },
};

beforeAll(async () => {
  servers = await startServers();
  copy = await copyPipeline(["tools/verify"]);
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, partitions);
  const records = recordsOf({ stream: createStream({ scenario, seed: 7, startMs }), startIndex: 0, events: 7_000 });
  await produce(
    servers,
    topic,
    // Windows of a city and platform lie in several partitions.
    records.map((record, at) => ({ ...messageOf(record, partitions), partition: at % partitions })),
  );
  await migrate(socmed, databaseUrl);
  // A constraint refuses some rows. They have no users and no sales, so that as many cities have equal sums.
  const isRefused = "usage_count = 0 AND sales = 0 AND visitors = 7 AND conversion = 3";
  await query(databaseUrl, `ALTER TABLE socmed_user_sales ADD CHECK (NOT (${isRefused}))`);
  await consume(servers, topic, databaseUrl);
  // Two hours of observations every ten seconds, some of which took no time.
  await query(
    databaseUrl,
    `DELETE FROM tidemark.progress;
     INSERT INTO tidemark.progress (at, pipeline, topic, partition, consumer, seconds, records, checkpoints, checkpoint_ms_sum,
       checkpoint_ms_max, lag, pauses)
     SELECT '2024-02-03 18:00:00.000123+00'::timestamptz + i * interval '10.001 s', 'socmed', '${topic}', p, 'host:1',
       CASE WHEN (i + p) % 7 = 0 THEN 0 ELSE 10 + (i % 3) / 3.0 END, i * 31 % 500, (i + p) % 3, (i + p) % 3 * 7.3, (i + p) % 3 * 5.1,
       i * 37 % 1000 + p, 0
     FROM generate_series(0, 719) AS i, generate_series(0, ${partitions - 1}) AS p`,
  );
  // Another pipeline reads the same topic, and one more, into the same database.
  await query(
    databaseUrl,
    `INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset,
       epoch, watermark, max_event_time, read, counted, late)
     SELECT 'another', of.topic, partition, 'another', cluster_id, definition_hash, 0, 300 + partition, epoch,
       watermark - interval '1 hour', max_event_time, 300 + partition, 200, 100 + partition
     FROM tidemark.checkpoints AS own, (VALUES ('${topic}'), ('another-topic')) AS of (topic);
     INSERT INTO tidemark.progress
     SELECT at, 'another', topic, partition + 2, 'host:2', seconds, records + 70, checkpoints, checkpoint_ms_sum + 9,
       checkpoint_ms_max + 9, lag + 2000, 0
     FROM tidemark.progress`,
  );
});

afterAll(async () => {
  await copy?.remove();
  await servers?.close();
});

const execute = promisify(execFile);

/** What the copy's verifier says, with the panels as they are there now. */
async function verifyCopy(url: string = databaseUrl, args: readonly string[] = []): Promise<Verdict> {
  const [command, ...main] = copy.mainOf("tools/verify");
  const env = {
    ...process.env,
    KAFKA_BROKERS: servers.kafkaBrokers.join(","),
    KAFKA_TOPIC: topic,
    DATABASE_URL: url,
    TIDEMARK_DIR: join(copy.root, ".tidemark"),
  };
  // It ends with 1 where there are differences, which is no failure here.
  const { stdout } = await execute(command, [...main, "--json", "--pipeline=socmed", ...args], {
    env,
    maxBuffer: 2 ** 28,
  }).catch((error: Error & { readonly stdout: string; readonly stderr: string; readonly code: number }) => {
    if (error.code === 1) return error;
    throw new Error(`The verifier failed: ${error.stderr}`, { cause: error });
  });
  return JSON.parse(stdout) as Verdict;
}

const tell = ({ table, column, what }: Pick<CountedKind, "table" | "column" | "what">) =>
  `${table}${column === null ? "" : `.${column}`} ${what}`;

describe("a copy of the panels", { timeout: 180_000 }, () => {
  it("is equal as it is, and each panel has rows that could differ", async () => {
    const verdict = await verifyCopy();
    expect(verdict.differences).toEqual([]);
    expect(verdict).toMatchObject({ equal: true, partitions });
    expect(verdict.views.map(({ name }) => name)).toEqual([
      "all",
      "last 30 days",
      "last day",
      "last hour",
      "last 5 minutes",
      "last hour by 5 s",
      "all of Bekasi on Facebook and X",
      "all observations",
      "last hour of observations",
    ]);
    const empty = Object.entries(verdict.panels).filter(([, rows]) => rows === 0);
    expect(empty).toEqual([]);
  });

  it.each(panelFaults.map((fault) => [fault.name, fault] as const))(
    "in which the verifier finds and names %s",
    async (_name, { finds, ...edit }) => {
      const verdict = await copy.withEdits([edit], () => verifyCopy());
      expect(verdict.counts.map(tell).toSorted()).toEqual(finds.toSorted());
      expect(new Set(verdict.counts.map(({ link }) => link))).toEqual(new Set(["tables-panels"]));
      expect(formatVerdict(verdict, 200)).toMatch(/The chain breaks at tables -> panels\.$/);
    },
  );

  it("does not mind a row of a table that is not what the log says: that is the other link's", async () => {
    const url = await servers.copyDatabase(databaseUrl);
    await query(
      url,
      `UPDATE socmed_5s SET usage_count = usage_count + 1000 WHERE ctid = (SELECT min(ctid) FROM socmed_5s);
       UPDATE socmed_verdicts_1m SET records = records + 1 WHERE ctid = (SELECT min(ctid) FROM socmed_verdicts_1m)`,
    );
    const verdict = await verifyCopy(url);
    expect(verdict.counts.map(tell).toSorted()).toEqual([
      "socmed_5s.usage_count wrong-value",
      "socmed_verdicts_1m.records wrong-value",
    ]);
    expect(formatVerdict(verdict, 200)).toMatch(/The chain breaks at log -> tables\.$/);
  });

  it("looks at one view where a time and a range are given", async () => {
    const verdict = await verifyCopy(databaseUrl, ["--at=2024-02-03T17:10:00Z", "--range=7m"]);
    expect(verdict).toMatchObject({ equal: true, views: [{ fromMs: startMs + 180_000, toMs: startMs + 600_000 }] });
    expect(verdict.panels["total-usage"]).toBe(1);
  });
});
