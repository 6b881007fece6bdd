import { applyRetention, mergeWindows } from "@tidemark/sinks";
import { Kafka, logLevel } from "kafkajs";
import { expect } from "vitest";
import { z } from "zod";
import { count, max, mean, min, rebuildDefinition, runPipeline, sum, tumbling, type Pipeline } from "../src/index.js";
import { query, send, type Message, type TestServers } from "./servers.js";

const text = z.string().min(1).max(40);

export const sale = {
  id: text,
  shop: text,
  cents: z.int().min(0),
  items: z.int().min(0),
  weight: z.number(),
  note: z.string().optional(),
  at: z.int().min(0),
};

const perItem = { title: "Cents per item", scale: 1, unit: "cents" } as const;
export const rates = [{ name: "per_item", numerator: "cents", denominator: "items", ...perItem }] as const;

export const minutes = {
  name: "sales_1m",
  window: tumbling("1m"),
  keys: ["shop"],
  aggregates: { sales: count(), cents: sum("cents"), weight: sum("weight") },
} as const;

export const hours = {
  name: "sales_1h",
  window: tumbling("1h"),
  keys: ["shop"],
  aggregates: { sales: count(), cents: mean("cents"), per_item: mean("per_item"), least: min("weight") },
} as const;

/** Columns of each kind, over a window that no former rollup has. */
export const days = {
  name: "sales_1d",
  window: tumbling("1d"),
  keys: [],
  aggregates: { sales: count(), cents: mean("cents"), weight: sum("weight"), most: max("weight") },
} as const;

/** A definition without its rollups. */
export const sales = {
  name: "sales",
  event: z.object(sale),
  id: "id",
  time: { field: "at", unit: "ms" },
  rates,
  watermark: { delay: "10m", allowedLateness: "0s", maxFutureSkew: "1m" },
  tables: { schema: "shop" },
} as const;

export const startMs = Date.parse("2024-02-01T00:00:00Z");
const MINUTE = 60_000;

export interface SalesOptions {
  /** Between two events of the topic. */
  readonly everyMs?: number;
  /** Also late events, records that are no events, and events from the future. */
  readonly isDirty?: boolean;
  readonly hasDuplicates?: boolean;
  /** What these records have beside the fields of all. */
  readonly more?: object;
}

/** Records of two partitions in turns. */
export function makeSales(from: number, to: number, options: SalesOptions = {}): Message[] {
  const { everyMs = 5 * MINUTE, isDirty = false, hasDuplicates = false, more = {} } = options;
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    const arrivalMs = startMs + number * everyMs;
    const isLate = isDirty && number % 17 === 11;
    const isFuture = isDirty && number % 29 === 17;
    // Out of order by less than the delay.
    const at = arrivalMs - (number % 3) * MINUTE - (isLate ? 90 * MINUTE : 0) + (isFuture ? 10 * MINUTE : 0);
    const isTwice = hasDuplicates && number % 7 === 5;
    const value = {
      id: `s-${isTwice ? number - 2 : number}`,
      shop: ["Aarhus", "Bergen", "Cork", "Dax"][(number * 7) % 4],
      cents: isDirty && number % 23 === 19 ? -1 : 100 + number,
      items: number % 5,
      weight: number * 0.1 + 0.01,
      at: isTwice ? at - 2 * everyMs : at,
      ...(number % 4 === 0 && { note: `n ${number}` }),
      ...more,
    };
    return { partition: number % 2, timestampMs: arrivalMs, value: JSON.stringify(value) };
  });
}

export interface Rebuild {
  readonly former: Pipeline;
  readonly next: Pipeline;
  readonly first: readonly Message[];
  /** Arrive after the rebuild. */
  readonly second?: readonly Message[];
  /** The first offset that the log of a partition keeps, by partition. */
  readonly cut: readonly number[];
  readonly retentionDays?: number;
  /** Windows that are closed in both partitions become one row before the log loses its records. */
  readonly isMerged?: boolean;
  readonly fromMs?: number;
  readonly absent?: readonly string[];
}

/** Runs a pipeline until the tables have what the topic has. */
export async function run(servers: TestServers, pipeline: Pipeline, databaseUrl: string, topic: string): Promise<void> {
  const running = runPipeline(pipeline, { brokers: [servers.broker.address], databaseUrl, topic });
  await running.caughtUp();
  await running.stop();
}

export async function cutLog(servers: TestServers, topic: string, starts: readonly number[]): Promise<void> {
  if (starts.every((start) => start === 0)) return;
  const admin = new Kafka({ brokers: [servers.broker.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  // kafkajs deletes nothing before it has seen the topic's metadata.
  await admin.fetchTopicOffsets(topic);
  const partitions = starts.flatMap((start, partition) => (start === 0 ? [] : [{ partition, offset: String(start) }]));
  await admin.deleteTopicRecords({ topic, partitions });
  await admin.disconnect();
}

/** Tables of a former definition whose log has lost its first records. */
export async function makeCut(servers: TestServers, topic: string, rebuild: Omit<Rebuild, "next">): Promise<string> {
  const { former, first, cut, retentionDays, isMerged = false } = rebuild;
  const databaseUrl = await servers.createDatabase();
  await send(servers.broker, topic, first, 2);
  await run(servers, former, databaseUrl, topic);
  if (isMerged) expect((await mergeWindows({ databaseUrl, pipeline: former, topic })).rows).toBeGreaterThan(0);
  if (retentionDays !== undefined) {
    const { dropped } = await applyRetention({ databaseUrl, pipeline: former, days: retentionDays });
    expect(dropped).not.toEqual([]);
  }
  await cutLog(servers, topic, cut);
  return databaseUrl;
}

/** Rows of each table as JSON texts, and the checkpoints. */
type Contents = Readonly<Record<string, readonly unknown[]>>;

export interface Comparison {
  readonly databaseUrl: string;
  /** Behind the rebuild, and behind the records that arrive later. */
  readonly found: readonly Contents[];
  readonly expected: readonly Contents[];
}

/** Rebuilds tables whose log has lost its first records, and makes those that the new definition makes of the whole log. */
export async function rebuildBeside(servers: TestServers, name: string, rebuild: Rebuild): Promise<Comparison> {
  const { next, first, second = [], fromMs, absent } = rebuild;
  const [cut, whole] = [`${name}-cut`, `${name}-whole`];
  const databaseUrl = await makeCut(servers, cut, rebuild);
  const seeded: (readonly number[])[] = [];
  const merged = await query(databaseUrl, "SELECT FROM tidemark.merged_windows WHERE since IS NOT NULL LIMIT 1");
  const areMerged = merged.length > 0;
  const options = { brokers: [servers.broker.address], databaseUrl, topic: cut, fromMs, ...(absent && { absent }) };
  expect(await rebuildDefinition(next, { ...options, onRows: (partitions) => seeded.push(partitions) })).toBe(true);
  expect(seeded).toEqual([[0, 1].filter((partition) => areMerged || rebuild.cut[partition] !== 0)]);
  const reference = await servers.createDatabase();
  const [found, expected]: [Contents[], Contents[]] = [[], []];
  for (const messages of [first, second]) {
    await send(servers.broker, whole, messages, 2);
    if (messages === second) {
      await send(servers.broker, cut, second, 2);
      await run(servers, next, databaseUrl, cut);
    }
    await run(servers, next, reference, whole);
    // Which windows a run has merged depends on how long it took.
    await mergeWindows({ databaseUrl, pipeline: next, topic: cut });
    await mergeWindows({ databaseUrl: reference, pipeline: next, topic: whole });
    found.push(await readContents(next, databaseUrl, databaseUrl));
    expected.push(await readContents(next, reference, databaseUrl));
  }
  return { databaseUrl, found, expected };
}

/** All rows of all tables, from where retention has left them on in one database. */
async function readContents({ data }: Pipeline, databaseUrl: string, shortened: string): Promise<Contents> {
  const { schema, raw, late, rejected, verdicts } = data.tables;
  const ages = new Map([
    [raw, "at"],
    ...[late, rejected].map((table) => [table, "watermark"] as const),
    ...[...data.rollups, ...verdicts].map(({ name }) => [name, "window_start"] as const),
  ]);
  const contents: Record<string, readonly unknown[]> = {};
  for (const [table, age] of ages) {
    const [note] = await query(
      shortened,
      `SELECT complete_from::text AS begun FROM tidemark.retention WHERE pipeline = 'sales' AND table_name = '${table}'`,
    );
    const where = note === undefined ? "" : `WHERE ${age} >= '${String(note["begun"])}'`;
    const rows = await query(
      databaseUrl,
      `SELECT (to_jsonb(t) - 'topic')::text AS row FROM ${schema}."${table}" t ${where} ORDER BY 1`,
    );
    if (rows.length === 0 && age !== "watermark") throw new Error(`Nothing is in ${table} that could be compared.`);
    contents[table] = rows.map(({ row }) => row);
  }
  const state = `SELECT to_jsonb(c) - '{pipeline,topic,group_name,epoch,owner,updated_at,cluster_id}'::text[] AS state
    FROM tidemark.checkpoints c ORDER BY partition`;
  contents["checkpoints"] = await query(databaseUrl, state);
  const merged = await query(
    databaseUrl,
    "SELECT rollup, partition, merged_to, events, since, events_since FROM tidemark.merged_windows ORDER BY 1, 2",
  );
  const begun = await query(shortened, "SELECT table_name AS name FROM tidemark.retention WHERE pipeline = 'sales'");
  // Of a rollup that begins later there are fewer of them.
  contents["merged"] = merged.filter(({ rollup }) => begun.every(({ name }) => name !== rollup));
  return contents;
}
