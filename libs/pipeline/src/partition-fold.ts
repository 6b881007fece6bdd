import type { Rejection } from "@tidemark/schema";
import type { Checkpoint, Claim, NewRows, RollupRow } from "@tidemark/sinks";
import { socmedEvent } from "@tidemark/socmed";
import type { SourceBatch, SourceRecord } from "@tidemark/sources";
import { createTask, type Rollup, type RowOf, type Snapshot, type StepResult } from "@tidemark/windowing";
import { enrich, type EventRow } from "./event-row.js";
import type { SocmedTaskDefinition } from "./pipeline.js";
import { VerdictTally } from "./verdict-tally.js";

const { decode } = socmedEvent;

/** A row of `socmed_rejected`. */
export interface RejectedRow {
  readonly offset: number;
  readonly bytes: Uint8Array | null;
  readonly reason: string;
  readonly field: string | null;
  readonly expected: string;
  readonly received: string;
  /** Epoch ms; null before the first event. */
  readonly watermark: number | null;
}

/** A row of `socmed_late`. */
export interface LateRow extends EventRow {
  readonly watermark: number;
  readonly missed_by_ms: number;
}

/** What the fold makes of one batch, in offset order. */
export interface FoldedRows extends NewRows {
  readonly rows: readonly EventRow[];
  readonly late: readonly LateRow[];
  readonly rejected: readonly RejectedRow[];
}

/**
 * The functional core: decode, enrich, step, rows, for one partition. Records in, checkpoints out; no clock, no IO. What
 * all checkpoints add up to depends on the log alone, not on where batches or checkpoints were cut.
 */
export interface PartitionFold {
  /** One past the last offset taken. */
  readonly nextOffset: number;
  /** Records taken since the last checkpoint. */
  readonly pending: number;
  /** Takes a batch that begins at `nextOffset`. */
  take(batch: SourceBatch): FoldedRows;
  /** What stands beside the rows of all batches since the last one. */
  checkpoint(): Checkpoint;
}

/** Of an event that fits the schema and not the definition. */
const unfitReason = "out-of-range";

/** Goes on from the state that the tables hold. */
export function createPartitionFold(definition: SocmedTaskDefinition, claim: Claim): PartitionFold {
  const task = createTask(definition, toSnapshot(definition, claim));
  let { nextOffset } = claim;
  let { skipped, lost } = claim.ledger;
  let pending = 0;
  const verdicts = new VerdictTally();

  function fold(records: readonly SourceRecord[]): FoldedRows {
    const rejections = new Map<number, Rejection>();
    const events = records.map(({ value, offset }, index) => {
      const decoded = decode(value);
      if (decoded.ok) return enrich(decoded.event, offset);
      rejections.set(index, decoded.rejection);
      return null;
    });
    const outcome = task.step(
      events,
      records.map(({ timestampMs }) => timestampMs),
    );
    verdicts.add(records, outcome, (index) => rejections.get(index)?.reason ?? unfitReason);
    const late = outcome.late.map(({ index, watermarkMs, missedByMs }) => ({
      ...itemAt(events, index),
      watermark: watermarkMs,
      missed_by_ms: missedByMs,
    }));
    const rejected = outcome.rejected.map(({ index, watermarkMs, field }) => {
      const unfit = { reason: unfitReason, field, expected: "an event that fits", received: "" };
      return rejectedRow(itemAt(records, index), rejections.get(index) ?? unfit, watermarkMs);
    });
    for (const { index, watermarkMs, aheadMs } of outcome.quarantined) {
      rejected.push(rejectedRow(itemAt(records, index), futureReason(itemAt(events, index), aheadMs), watermarkMs));
    }
    rejected.sort((a, b) => a.offset - b.offset);
    return { rows: countedOf(events, outcome), late, rejected };
  }

  return {
    get nextOffset() {
      return nextOffset;
    },
    get pending() {
      return pending;
    },
    take(batch) {
      const rows = fold(batch.records);
      pending += batch.nextOffset - nextOffset;
      nextOffset = batch.nextOffset;
      skipped += batch.skipped;
      lost += batch.lost;
      return rows;
    },
    checkpoint() {
      const { watermarkMs, maxEventTimeMs, ledger, changed } = task.checkpoint();
      pending = 0;
      return {
        nextOffset,
        watermarkMs,
        maxEventTimeMs,
        ledger: { ...ledger, refused: claim.ledger.refused, skipped, lost },
        changed: changed.map(({ rollup, rows }, at) => ({
          rollup,
          rows: rows.map((row) => toRollupRow(itemAt<Rollup<never>>(definition.rollups, at), row)),
        })),
        added: verdicts.take(),
      };
    },
  };
}

/** The events that no note of the outcome names. Of most batches that is all of them. */
function countedOf(events: readonly (EventRow | null)[], outcome: StepResult): readonly EventRow[] {
  const { late, rejected, quarantined, duplicates } = outcome;
  const others = new Set(duplicates);
  for (const { index } of [...late, ...rejected, ...quarantined]) others.add(index);
  return events.filter((event, index): event is EventRow => event !== null && !others.has(index));
}

/** What is known to be there: a note of the fold points at it. */
function itemAt<T>(items: readonly (T | null)[], index: number): T {
  const item = items[index];
  if (item === undefined || item === null) throw new RangeError(`The batch has nothing at ${index}.`);
  return item;
}

/** A row with its keys and values in the order of the definition, as the sink takes it. */
function toRollupRow({ keys, aggregates }: Rollup<never>, { windowStartMs, ...row }: RowOf): RollupRow {
  return {
    windowStartMs,
    keys: keys.map((key) => row.keys[key] as string),
    values: Object.keys(aggregates).map((name) => row.values[name] as number),
  };
}

const timeOrNull = (ms: number) => (Number.isFinite(ms) ? ms : null);

function toSnapshot(definition: SocmedTaskDefinition, claim: Claim): Snapshot {
  const { read, counted, duplicate, late, quarantined, rejected } = claim.ledger;
  return {
    version: 2,
    watermarkMs: timeOrNull(claim.watermarkMs),
    maxEventTimeMs: timeOrNull(claim.maxEventTimeMs),
    ledger: { read, counted, duplicate, late, quarantined, rejected },
    windows: definition.rollups.map(({ name }) => ({
      rollup: name,
      rows:
        claim.windows
          .find(({ rollup }) => rollup === name)
          ?.rows.map((row) => ({ ...row, values: Array.from(row.values) })) ?? [],
    })),
    ids: claim.ids,
  };
}

function rejectedRow(
  record: SourceRecord,
  why: Pick<RejectedRow, "reason" | "field" | "expected" | "received">,
  watermarkMs: number,
): RejectedRow {
  const { reason, field, expected, received } = why;
  const watermark = timeOrNull(watermarkMs);
  return { offset: record.offset, bytes: record.value, reason, field, expected, received, watermark };
}

function futureReason(event: EventRow, aheadMs: number) {
  const timeMs = event.Ts * 1000;
  return {
    reason: "future",
    field: "Ts",
    expected: `at most ${showTime(timeMs - aheadMs)}, the record's arrival and the allowed skew`,
    received: showTime(timeMs),
  };
}

/** A producer may give its record any int64 as its time: more than a Date can hold. */
function showTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? `${epochMs} ms since 1970` : date.toISOString();
}
