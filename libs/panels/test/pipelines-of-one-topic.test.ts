import { createHealthPanels, expandMacros, readRows, type HealthPanels, type Panel } from "@tidemark/panels";
import { migrate } from "@tidemark/sinks";
import { deriveTables, type PipelineData } from "@tidemark/sinks/tables";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./postgres-server.js";

const topic = "orders-topic";
const startMs = Date.parse("2024-02-03T17:00:00Z");

/** A pipeline of its own tables. Its name is put into SQL, and into dashboards for Grafana. */
function pipelineOf(name: string, tablePrefix: string) {
  const required = { nullable: false, optional: false } as const;
  const data: PipelineData = {
    version: 1,
    name,
    decoder: "json",
    fields: [{ name: "at", type: { kind: "time", unit: "s", min: 0, max: 253_402_300_799 }, ...required }],
    id: null,
    time: { field: "at", unit: "s" },
    rates: [],
    watermarkDelayMs: 0,
    allowedLatenessMs: 0,
    maxFutureSkewMs: 0,
    rollups: [],
    tables: {
      schema: "public",
      raw: tablePrefix,
      late: `${tablePrefix}_late`,
      rejected: `${tablePrefix}_rejected`,
      rejectedValues: "start",
      verdicts: [
        { name: `${tablePrefix}_verdicts_1m`, sizeMs: 60_000 },
        { name: `${tablePrefix}_verdicts_1h`, sizeMs: 3_600_000 },
      ],
      partitionBy: "none",
      onConflict: "refuse",
      columns: { at: { name: "at", type: "timestamp with time zone", nullable: false } },
      own: [],
    },
  };
  const tables = deriveTables(data);
  const [minutes, hours] = tables.verdicts;
  if (minutes === undefined || hours === undefined) throw new Error("A pipeline has two counter tables.");
  const outcomes = { minutes, hours };
  return { pipeline: { data, tables }, outcomes, panels: createHealthPanels(name, outcomes), tablePrefix };
}

const first = pipelineOf("orders", "orders");
/** Postgres and Grafana must find neither a quote, an escape, a variable nor a macro in it. */
const second = pipelineOf(String.raw`it's $topic, [[topic]], ${"$"}{topic}, $__timeFrom(), \0041 ü`, "others");

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  for (const { pipeline } of [first, second]) await migrate(pipeline, server.databaseUrl);
  await server.query("INSERT INTO tidemark.definitions VALUES ('hash', '{}')");
  await fill(first, 1);
  await fill(second, 100);
});

afterAll(() => server.close());

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** What consumers of the pipeline would have written of two partitions; `times` tells the pipelines apart. */
async function fill({ pipeline, tablePrefix }: ReturnType<typeof pipelineOf>, times: number): Promise<void> {
  const name = literal(pipeline.data.name);
  const parts = { counted: 10, duplicate: 2, late: 3, quarantined: 4, rejected: 5, refused: 6, skipped: 7, lost: 8 };
  const { skipped, lost, ...outcomes } = parts;
  const read = Object.values(outcomes).reduce((sum, records) => sum + records, 0);
  const columns = Object.keys(parts);
  const figures = Object.values(parts).map((value) => value * times);
  const ownTopic = literal(`topic-of-${times}`);
  await server.query(`
    INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset,
      epoch, watermark, max_event_time, read, ${columns.join(", ")}, updated_at)
    SELECT ${name}, topic, partition, 'group', 'cluster', 'hash', 0, ${(read + skipped + lost) * times}, 1,
      '2024-02-03 17:00:00Z'::timestamptz + (partition + ${times}) * interval '1 second', '2024-02-03 17:10:00Z', ${read * times},
      ${figures.join(", ")}, '2024-02-03 17:11:00Z'
    FROM (VALUES ('${topic}', 0), ('${topic}', 1), (${ownTopic}, 0)) AS places (topic, partition);
    INSERT INTO tidemark.progress (at, pipeline, topic, partition, consumer, seconds, records, checkpoints, checkpoint_ms_sum,
      checkpoint_ms_max, lag, pauses)
    SELECT '2024-02-03 17:00:10Z', ${name}, '${topic}', partition, 'host:1', 10, ${times * 10}, 2, ${times * 6}, ${times * 4}, ${times}, 0
    FROM generate_series(0, 1) AS partition;
    INSERT INTO ${tablePrefix}_verdicts_1m
    SELECT '${topic}', 0, '2024-02-03 17:00:00Z', verdict, detail, records
    FROM (VALUES ('counted', '', ${times * 10}), ('late', 'under 1 s', ${times * 30}), ('quarantined', 'future', ${times * 4}),
      ('rejected', 'not-json', ${times * 5}), ('refused', '', ${times * 6})) AS outcomes (verdict, detail, records)`);
}

const view = { fromMs: startMs, toMs: startMs + 60_000, intervalMs: 30_000, variables: { topic } };

const ask = async (sql: string) => server.query(expandMacros(sql, view));

async function readPanel(panel: Panel) {
  return readRows(panel, await ask(panel.sql));
}

describe.each([
  ["the first pipeline of a topic", first.panels, 1],
  ["the second one, whose name looks like SQL and variables", second.panels, 100],
] as const)("the panels of %s show its own figures alone:", (_name, panels: HealthPanels, times) => {
  test("the ledger, which adds up with the rows that a constraint refused", async () => {
    const share = (percent: number) => expect.closeTo(percent, 9) as number;
    expect(await readPanel(panels.ledger)).toEqual([
      { kind: "read", records: 60 * times, share: share(100) },
      { kind: "counted", records: 20 * times, share: share(100 / 3) },
      { kind: "duplicate", records: 4 * times, share: share(20 / 3) },
      { kind: "late", records: 6 * times, share: share(10) },
      { kind: "quarantined", records: 8 * times, share: share(40 / 3) },
      { kind: "rejected", records: 10 * times, share: share(50 / 3) },
      { kind: "refused", records: 12 * times, share: share(20) },
      { kind: "skipped", records: 14 * times, share: null },
      { kind: "lost", records: 16 * times, share: null },
    ]);
  });

  test("the watermarks, of which the lowest of its own holds the others", async () => {
    const rows = await readPanel(panels.watermarks);
    const watermarkMs = startMs + times * 1_000;
    expect(rows).toMatchObject([
      { partition: 0, watermark: watermarkMs, behind: 1, holds: "holds it", next_offset: 45 * times },
      { partition: 1, watermark: watermarkMs + 1_000, behind: 0, holds: "", next_offset: 45 * times },
    ]);
  });

  test("lag, rows per second and checkpoint times", async () => {
    expect(await readPanel(panels.lagNow)).toEqual([{ lag: 2 * times }]);
    expect(await readPanel(panels.lagOverTime)).toEqual([{ time: startMs, metric: "lag", lag: 2 * times }]);
    expect(await readPanel(panels.rowsPerSecond)).toEqual([{ time: startMs, metric: "records", rate: 2 * times }]);
    expect(await readPanel(panels.checkpointTime)).toEqual([
      { time: startMs, metric: "longest", duration: 4 * times },
      { time: startMs, metric: "mean", duration: 3 * times },
    ]);
  });

  test("the outcomes over time, late ones, and reasons, of which a refused row is one", async () => {
    const outcomes = { counted: 10, late: 30, quarantined: 4, refused: 6, rejected: 5 };
    expect(await readPanel(panels.ledgerOverTime)).toEqual(
      Object.entries(outcomes).map(([metric, records]) => ({ time: startMs, metric, records: records * times })),
    );
    expect((await readPanel(panels.lateByHowMuch))[0]).toEqual({ missed_by: "under 1 s", records: 30 * times });
    expect(await readPanel(panels.rejectsByReason)).toEqual([
      { reason: "refused", records: 6 * times },
      { reason: "not-json", records: 5 * times },
      { reason: "future", records: 4 * times },
    ]);
    expect(await ask(panels.lateBursts.sql)).toMatchObject([{ text: `${30 * times} of ${55 * times} records late` }]);
  });

  test("the choice of a topic has those that it has read", async () => {
    expect(await ask(panels.topicVariable.sql)).toEqual([{ name: topic }, { name: `topic-of-${times}` }]);
  });
});

test("a pipeline that has read nothing shows nothing, and lists no topic", async () => {
  const { ledger, watermarks, lagNow, topicVariable } = createHealthPanels("newcomer", first.outcomes);
  for (const { sql } of [ledger, watermarks, lagNow, topicVariable]) expect(await ask(sql)).toEqual([]);
});
