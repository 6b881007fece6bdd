import type {
  CheckpointLedger,
  Claim,
  NewRows,
  PipelineDefinition,
  RollupRow,
  Sink,
  TallyRow,
} from "../../src/index.js";
import { socmedRollups, socmedVerdictTallies } from "../../src/tables/index.js";

/** The watermark is the highest event time: no delay. */
export const definition: PipelineDefinition = {
  watermarkDelayMs: 0,
  allowedLatenessMs: 0,
  maxFutureSkewMs: 60_000,
  rollups: socmedRollups,
};

export const identity = { topic: "socmed-events", group: "tidemark", clusterId: "cluster-1", definition };

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
  let isWriting = Promise.resolve();

  async function write(
    rows: Required<NewRows>,
    counts: Partial<CheckpointLedger>,
    timesMs: readonly number[],
  ): Promise<void> {
    const from = nextOffset;
    const records = rows.rows.length + rows.late.length + rows.rejected.length;
    nextOffset += records;
    watermarkMs = Math.max(watermarkMs, ...timesMs);
    ledger = { ...ledger, read: ledger.read + records };
    for (const [name, count] of Object.entries(counts) as [keyof CheckpointLedger, number][]) {
      ledger = { ...ledger, [name]: ledger[name] + count };
    }
    const buffer = sink.openBuffer(partition);
    buffer.add(rows);
    const changed = socmedRollups.map(({ name, sizeMs }) => ({
      rollup: name,
      rows: windowsOf(rows.rows.length === 0 ? [] : timesMs, sizeMs),
    }));
    const added = socmedVerdictTallies.map(({ name }) => ({ tally: name, rows: verdictsOf(counts) }));
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
    ID: `00000000-0000-4000-8${String(partition).padStart(3, "0")}-${String(offset).padStart(12, "0")}`,
    Kota: "Bogor",
    Sosial_Media: "X",
    Usage_Count: 10,
    Sales: 5,
    Visitors: 3,
    PageVisitors: 1,
    Conversion: 2,
    Ts: Date.parse(time) / 1000,
    conversion_rate: null,
    bounce_rate: null,
    offset,
  };
}

/** As of records that came without a time. */
function verdictsOf(counts: Partial<CheckpointLedger>): TallyRow[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => ({ windowStartMs: -Infinity, keys: [verdict, ""], count }));
}

/** Good enough where no two checkpoints share a window. */
function windowsOf(timesMs: readonly number[], sizeMs: number): RollupRow[] {
  const starts = new Map<number, number>();
  for (const timeMs of timesMs) {
    const start = Math.floor(timeMs / sizeMs) * sizeMs;
    starts.set(start, (starts.get(start) ?? 0) + 1);
  }
  return [...starts].map(([windowStartMs, events]) => ({
    windowStartMs,
    keys: ["Bogor", "X"],
    values: [events, 10 * events, 5 * events, 3 * events, events, 2 * events, 0, 0, 0, 0],
  }));
}
