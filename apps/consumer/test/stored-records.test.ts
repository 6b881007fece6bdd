import { withTimes } from "@tidemark/pipeline";
import { createPartitionProcessor } from "@tidemark/pipeline/parts";
import type { Rejection } from "@tidemark/schema";
import { createSink, migrate, type CheckpointLedger, type Sink } from "@tidemark/sinks";
import { socmed, type SocmedEvent } from "@tidemark/socmed";
import type { SourceRecord } from "@tidemark/sources";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oddRecords } from "./odd-records.js";
import { query, startServers, type TestServers } from "./servers.js";

const times = { watermarkDelayMs: 20_000, allowedLatenessMs: 0, maxFutureSkewMs: 10_000 };
const timed = withTimes(socmed, times);
/** It keeps rejected values whole. */
const pipeline = {
  ...timed,
  data: { ...timed.data, tables: { ...timed.data.tables, rejectedValues: "whole" as const } },
};
const topic = "odd";

let servers: TestServers;
let databaseUrl: string;
let sink: Sink;
beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await migrate(pipeline, databaseUrl);
  sink = createSink({
    databaseUrl,
    topic,
    group: "tidemark",
    clusterId: "cluster-1",
    pipeline,
  });
});
afterAll(async () => {
  await sink.close();
  await servers.close();
});

it("Postgres takes every record that a topic can hold, and gives it back equal by value", async () => {
  let partition = 0;
  await fc.assert(
    fc.asyncProperty(oddRecords, async (odd) => {
      partition += 1;
      const records = odd.map((record, offset) => ({ ...record, offset, key: null }));
      const { counted, late, quarantined, rejected } = await store(partition, records);
      const stored = await readBack(partition);

      const decoded = records.map(({ value }) => socmed.event.decode(value));
      const noEvents = decoded.flatMap((found, offset) => (found.ok ? [] : [withHex({ offset, ...found.rejection })]));
      const future = stored.rejected.filter(({ reason }) => reason === "future");
      expect(stored.rejected.filter(({ reason }) => reason !== "future")).toEqual(noEvents);
      expect(future.map(({ bytes }) => bytes)).toEqual(future.map(({ offset }) => hex(records[offset]?.value ?? null)));
      for (const { offset, ...event } of [...stored.rows, ...stored.late]) {
        expect({ ok: true, event }).toEqual(decoded[offset]);
      }
      expect([stored.rows.length, stored.late.length, future.length, noEvents.length]).toEqual([
        counted,
        late,
        quarantined,
        rejected,
      ]);
      expect(stored.rolledUp).toEqual([counted, counted, counted]);
      expect(stored.arrived).toEqual(byMinute(records));
    }),
    { numRuns: 60 },
  );
}, 180_000);

/** Processes the records as a partition's whole log and commits it. */
async function store(partition: number, records: readonly SourceRecord[]): Promise<CheckpointLedger> {
  const claim = await sink.claim(partition, 0);
  const processor = createPartitionProcessor(pipeline, claim);
  const nextOffset = records.length;
  const buffer = sink.openBuffer(partition);
  buffer.add(processor.process({ records, nextOffset, skipped: 0, lost: 0, logEndOffset: nextOffset }));
  const checkpoint = processor.checkpoint();
  await sink.commit(claim, 0, checkpoint, buffer);
  return checkpoint.ledger;
}

interface StoredEvent extends SocmedEvent {
  readonly offset: number;
}

interface StoredRejection extends Omit<Rejection, "reason" | "bytes"> {
  readonly offset: number;
  readonly reason: string;
  readonly bytes: string | null;
}

const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString("hex");
/** Bytes as text: equality of a megabyte is a matter of seconds for `toEqual` otherwise. */
const withHex = <Row extends { readonly bytes: Uint8Array | null }>(row: Row) => ({ ...row, bytes: hex(row.bytes) });

interface Stored {
  readonly rows: readonly StoredEvent[];
  readonly late: readonly StoredEvent[];
  readonly rejected: readonly StoredRejection[];
  /** Events in each rollup. */
  readonly rolledUp: readonly number[];
  /** Records by the second that their minute begins with, -Infinity where they have none. */
  readonly arrived: Readonly<Record<string, number>>;
}

function byMinute(records: readonly SourceRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { timestampMs } of records) {
    const isHeld = timestampMs !== -1 && Math.abs(timestampMs) < 9e15 && timestampMs > -210_866_803_200_000;
    const minute = String(isHeld ? Math.floor(timestampMs / 60_000) * 60 : -Infinity);
    counts[minute] = (counts[minute] ?? 0) + 1;
  }
  return counts;
}

async function readBack(partition: number): Promise<Stored> {
  const of = `WHERE partition = ${partition}`;
  const event = `"offset"::int, id::text AS "ID", kota AS "Kota", sosial_media AS "Sosial_Media", usage_count AS "Usage_Count",
    sales AS "Sales", visitors AS "Visitors", page_visitors AS "PageVisitors", conversion AS "Conversion",
    extract(epoch FROM ts)::float8 AS "Ts"`;
  const select = async <Row>(columns: string, table: string) =>
    (await query(databaseUrl, `SELECT ${columns} FROM ${table} ${of} ORDER BY "offset"`)) as unknown as readonly Row[];
  const counted = async (table: string) =>
    Number(
      (await query(databaseUrl, `SELECT coalesce(sum(events), 0)::int AS events FROM ${table} ${of}`))[0]?.["events"],
    );
  return {
    rows: await select<StoredEvent>(event, "socmed_user_sales"),
    late: await select<StoredEvent>(event, "socmed_late"),
    rejected: await select<StoredRejection>(
      `"offset"::int, reason, field, expected, received, encode(bytes, 'hex') AS bytes`,
      "socmed_rejected",
    ),
    arrived: Object.fromEntries(
      (
        await query(
          databaseUrl,
          `SELECT trim_scale(extract(epoch FROM window_start))::text AS second, sum(records)::int AS records
           FROM socmed_verdicts_1m ${of} GROUP BY 1`,
        )
      ).map(({ second, records }) => [String(second), Number(records)]),
    ),
    rolledUp: await Promise.all(["socmed_5s", "socmed_1m", "socmed_1h"].map(counted)),
  };
}
