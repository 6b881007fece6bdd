import { socmedData } from "@tidemark/socmed/tables";
import { runBuilt } from "./apps.js";
import { benchScenario, fillTopic } from "./backlog.js";
import type { Benchmark } from "./benchmark.js";
import { findFaults } from "./check.js";
import { consumeBacklog } from "./consumer-run.js";
import { median } from "./median.js";
import { prefill } from "./prefill.js";
import { query, startServers, type BenchServers } from "./servers.js";
import { row, whole } from "./table.js";

const rowsBefore = [1_000_000, 20_000_000];
const liveIds = 200_000;
const widths = [14, 12, 12, 14, 14] as const;

interface Table {
  readonly rows: number;
  readonly databaseUrl: string;
  readonly eventsPerSecond: number[];
  readonly restartSeconds: number[];
  readonly ids: number[];
}

/**
 * The same backlog into tables that hold few rows and many. Each round has a topic of its own, and in it each table takes its
 * turn. Then a restart: the consumer begins anew with 200,000 live ids, and one event more in each partition.
 */
export const growth: Benchmark = async ({ events, rounds, servers: kind }, print) => {
  const servers = await startServers(kind);
  const tables: Table[] = [];
  const faults: string[] = [];
  try {
    print(`Cost and the size of the tables: ${events} events a round, medians of ${rounds}, ${servers.description}`);
    for (const rows of rowsBefore) {
      const databaseUrl = await servers.createDatabase();
      await prefill(databaseUrl, rows);
      tables.push({ rows, databaseUrl, eventsPerSecond: [], restartSeconds: [], ids: [] });
    }
    for (let number = 1; number <= rounds; number += 1) {
      const topic = `growth-${number}`;
      await fillTopic(servers, benchScenario, events, topic);
      // Whoever is first in a round reads what Kafka has just written.
      const inTurn = number % 2 === 1 ? tables : tables.toReversed();
      for (const table of inTurn) faults.push(...(await measureBacklog(servers, table, topic, events)));
      await addEvents(servers, topic, events);
      for (const table of inTurn) await measureRestart(servers, table, topic);
    }
  } finally {
    await servers.close();
  }
  print(row(widths, ["rows before", "events/s", "x", "restart s", "ids restored"]));
  const figures = tables.map(({ rows, eventsPerSecond, restartSeconds, ids }) => ({
    rows,
    eventsPerSecond: median(eventsPerSecond),
    restartSeconds: median(restartSeconds),
    ids: median(ids),
  }));
  for (const one of figures) {
    const share = one.eventsPerSecond / (figures[0]?.eventsPerSecond ?? Number.NaN);
    const cells = [whole(one.rows), whole(one.eventsPerSecond), share.toFixed(2)];
    print(row(widths, [...cells, one.restartSeconds.toFixed(2), whole(one.ids)]));
  }
  return { figures: { events, rounds, tables: figures }, faults };
};

const command = () => runBuilt("consumer");
/** The events come at 1,000 a second, each up to 300 s after its time, and so 150 s after it in the middle. */
const watermarkDelay = `${liveIds / 1_000 + 150}s`;

async function measureBacklog(servers: BenchServers, table: Table, topic: string, events: number): Promise<string[]> {
  const { databaseUrl } = table;
  const run = await consumeBacklog(command(), {
    servers,
    databaseUrl,
    topic,
    events,
    env: { WATERMARK_DELAY: watermarkDelay },
  });
  table.eventsPerSecond.push(run.eventsPerSecond);
  return findFaults(databaseUrl, events, topic);
}

/** Goes on behind `events`, in every partition. */
async function addEvents(servers: BenchServers, topic: string, events: number): Promise<void> {
  await fillTopic(servers, benchScenario, 400, topic, events);
}

async function measureRestart(servers: BenchServers, table: Table, topic: string): Promise<void> {
  const { databaseUrl } = table;
  const [live] = await query<{ ids: string }>(
    databaseUrl,
    `SELECT count(*) AS ids FROM socmed_user_sales r JOIN tidemark.checkpoints c USING (topic, partition)
     WHERE topic = '${topic}' AND c.pipeline = '${socmedData.name}' AND ts > c.watermark - interval '5 seconds'`,
  );
  const run = await consumeBacklog(command(), {
    servers,
    databaseUrl,
    topic,
    events: 400,
    env: { WATERMARK_DELAY: watermarkDelay },
  });
  table.restartSeconds.push(run.seconds);
  table.ids.push(Number(live?.ids));
}
