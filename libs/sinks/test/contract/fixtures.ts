import type { Checkpoint, CheckpointLedger, Claim, NewRows, Sink, SinkIdentity } from "../../src/index.js";
import type { PipelineData } from "../../src/tables/index.js";
import { orderPipeline, orders } from "../orders.js";

/**
 * The figures of these tests are made up: no rollup counts its events, so that they need not agree with the ledger. What
 * happens where they must and do not is tested by itself.
 */
const rollups = orders.rollups.map((rollup) => ({
  ...rollup,
  aggregates: { ...rollup.aggregates, orders: { kind: "count-non-null", field: "orderId" } as const },
}));

const topicIds = { ids: "orders_ids", copies: "orders_copies" };

/** The pipeline of these tests, or another that differs from it in this. */
export const pipelineWith = (changes: Partial<PipelineData> = {}) =>
  orderPipeline({ rollups, tables: { ...orders.tables, topicIds }, ...changes });

export const identity: SinkIdentity & { readonly pipeline: ReturnType<typeof pipelineWith> } = {
  topic: "orders-topic",
  group: "tidemark",
  clusterId: "cluster-1",
  owner: "first",
  pipeline: pipelineWith(),
};

/** 2024-02-03T17:00:00Z, the beginning of a window of each rollup. */
export const startSeconds = 1_706_979_600;
export const startMs = startSeconds * 1000;

export const noLedger: CheckpointLedger = {
  read: 0,
  counted: 0,
  duplicate: 0,
  late: 0,
  quarantined: 0,
  rejected: 0,
  refused: 0,
  skipped: 0,
  lost: 0,
};

/** The event at `offset`, `seconds` after the start. */
export function eventAt(offset: number, seconds: number) {
  return {
    orderId: `00000000-0000-4000-8000-${String(offset).padStart(12, "0")}`,
    shop: "North",
    channel: 1,
    cents: 500,
    items: 3,
    note: null,
    placedAt: startSeconds + seconds,
    price: 500 / 3,
    offset,
  };
}

/** A row of a rollup's window that holds `events` events, and no least price. */
export function windowOf(events: number, windowStartMs = startMs, keys: readonly string[] = ["North", "1"]) {
  return { windowStartMs, keys, values: [events, 500, Number.NaN, 700, 0.1 + 0.2, 3, 0] };
}

export type Step = Checkpoint & NewRows;

/** What is added to a tally's row: by default records of the first minute that were counted. */
export function tallyOf(count: number, windowStartMs = startMs, keys: readonly string[] = ["counted", ""]) {
  return { windowStartMs, keys, count };
}

/** A checkpoint that counts the events at `offsets`, one each second, into one window and one minute of arrival. */
export function checkpointOf(offsets: readonly number[], nextOffset: number, changes: Partial<Step> = {}): Step {
  return {
    nextOffset,
    watermarkMs: startMs - 300_000,
    maxEventTimeMs: startMs,
    ledger: { ...noLedger, read: nextOffset, counted: nextOffset },
    rows: offsets.map((offset) => eventAt(offset, offset)),
    late: [],
    rejected: [],
    changed: [{ rollup: "orders_5s", rows: [windowOf(nextOffset)] }],
    added: [{ tally: "orders_verdicts_1m", rows: [tallyOf(offsets.length)] }],
    ...changes,
  };
}

export function commit(
  sink: Sink,
  claim: Pick<Claim, "partition" | "epoch">,
  expectedOffset: number,
  step: Step,
): Promise<void> {
  const rows = sink.openBuffer(claim.partition);
  rows.add(step);
  return sink.commit(claim, expectedOffset, step, rows);
}
