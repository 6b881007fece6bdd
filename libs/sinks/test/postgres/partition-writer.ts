import type { CheckpointLedger, Claim, NewRows, RollupRow, Sink, TallyRow } from "../../src/index.js";
import { orderPipeline, orders } from "../orders.js";

/** The watermark is the highest event time: no delay. */
export const pipeline = orderPipeline({ watermarkDelayMs: 0 });

export const identity = { topic: "orders-topic", group: "tidemark", clusterId: "cluster-1", pipeline };

/** Writes checkpoints of one partition, each on top of the last, as a consumer would: rows, windows, ledger. */
export interface PartitionWriter {
  readonly claim: Claim;
  /** Counts one event at each of these times (ISO). */
  count(...times: readonly string[]): Promise<void>;
  /** Stores one late event. */
  late(time: string): Promise<void>;
  /** Stores one record that is no event. */
  reject(): Promise<void>;
}

export async function openPartition(sink: Sink, partition: number): Promise<PartitionWriter> {
  const claim = await sink.claim(partition, 0);
  let { nextOffset, watermarkMs, ledger } = claim;
  /** Events by start of the window, of each rollup. */
  const counts = new Map(
    claim.windows.map(({ rollup, rows }) => [
      rollup,
      new Map(rows.map(({ windowStartMs, values }) => [windowStartMs, values[0] as number])),
    ]),
  );
  for (const { name } of orders.rollups) if (!counts.has(name)) counts.set(name, new Map());
  let isWriting = Promise.resolve();

  async function write(
    rows: Required<Pick<NewRows, "rows" | "late" | "rejected">>,
    outcomes: Partial<CheckpointLedger>,
    timesMs: readonly number[],
  ): Promise<void> {
    const from = nextOffset;
    const records = rows.rows.length + rows.late.length + rows.rejected.length;
    nextOffset += records;
    watermarkMs = Math.max(watermarkMs, ...timesMs);
    ledger = { ...ledger, read: ledger.read + records };
    for (const [name, count] of Object.entries(outcomes) as [keyof CheckpointLedger, number][]) {
      ledger = { ...ledger, [name]: ledger[name] + count };
    }
    const buffer = sink.openBuffer(partition);
    buffer.add(rows);
    const changed = orders.rollups.map(({ name, window }) => ({
      rollup: name,
      rows: windowsOf(counts.get(name) ?? new Map(), rows.rows.length === 0 ? [] : timesMs, window.sizeMs, partition),
    }));
    const added = orders.tables.verdicts.map(({ name }) => ({ tally: name, rows: verdictsOf(outcomes) }));
    const head = { nextOffset, watermarkMs, maxEventTimeMs: watermarkMs, ledger, changed, added };
    await sink.commit(claim, from, head, buffer);
  }

  const watermark = () => (Number.isFinite(watermarkMs) ? watermarkMs : null);
  const inTurn = (work: () => Promise<void>) => (isWriting = isWriting.then(work));

  return {
    claim,
    count: (...times) =>
      inTurn(() => {
        const rows = times.map((time, at) => eventAt(partition, nextOffset + at, time));
        return write({ rows, late: [], rejected: [] }, { counted: rows.length }, times.map(Date.parse));
      }),
    late: (time) =>
      inTurn(() => {
        const row = { ...eventAt(partition, nextOffset, time), watermark: watermark(), missed_by_ms: 1 };
        return write({ rows: [], late: [row], rejected: [] }, { late: 1 }, [Date.parse(time)]);
      }),
    reject: () =>
      inTurn(() => {
        const why = { reason: "tombstone", field: null, expected: "a value", received: "null" };
        const row = { offset: nextOffset, bytes: null, ...why, watermark: watermark() };
        return write({ rows: [], late: [], rejected: [row] }, { rejected: 1 }, []);
      }),
  };
}

function eventAt(partition: number, offset: number, time: string) {
  return {
    orderId: `00000000-0000-4000-8${String(partition).padStart(3, "0")}-${String(offset).padStart(12, "0")}`,
    shop: "North",
    channel: 1,
    cents: 500,
    items: 0,
    note: null,
    placedAt: Date.parse(time) / 1000,
    price: null,
    offset,
  };
}

/** As if the records had come without a time. */
function verdictsOf(counts: Partial<CheckpointLedger>): TallyRow[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => ({ windowStartMs: -Infinity, keys: [verdict, ""], count }));
}

/** Their sum is another in another order. */
export const priceOf = (partition: number) =>
  partition % 3 === 1 ? 1e16 : partition % 3 === 2 ? -1e16 : 0.1 + partition;

/** The windows that change, with all their events. */
function windowsOf(
  counts: Map<number, number>,
  timesMs: readonly number[],
  sizeMs: number,
  partition: number,
): RollupRow[] {
  const starts = new Set<number>();
  for (const timeMs of timesMs) {
    const start = Math.floor(timeMs / sizeMs) * sizeMs;
    starts.add(start);
    counts.set(start, (counts.get(start) ?? 0) + 1);
  }
  return [...starts].map((windowStartMs) => {
    const events = counts.get(windowStartMs) ?? 0;
    const price = events * priceOf(partition);
    const values = [events, 500 * events, 500 - partition, 500 + partition, price, events, 0];
    return { windowStartMs, keys: ["North", "1"], values };
  });
}
