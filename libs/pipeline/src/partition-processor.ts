import type { Checkpoint, Claim, NewRows, RollupRow } from "@tidemark/sinks";
import type { RollupData } from "@tidemark/sinks/tables";
import { fingerprintOf, type SourceBatch, type SourceRecord } from "@tidemark/sources";
import { createTask, type RowOf, type Snapshot, type StepResult } from "@tidemark/windowing";
import type { Pipeline } from "./definition/define-pipeline.js";
import { createEventRows, type EventRows } from "./event-rows.js";
import { DUPLICATE, lateBy, OutcomeCounter, QUARANTINED, REFUSED, type Outcome } from "./outcome-counter.js";
import { keysReason } from "./keys-reason.js";
import { createRejecter, futureReason, type RejectedRow, type Why } from "./rejected-row.js";
import { timeOf, type EventRow } from "./row-maker.js";
import { taskDefinition } from "./task-definition.js";
import { createTopicIdRows } from "./topic-id-rows.js";
import { LeadTracker, type WatermarkLead } from "./watermark-lead.js";

/** A row of the late table: the event, and by how much it missed its base window. */
export type LateRow = EventRow & { readonly watermark: number; readonly missed_by_ms: number };

/** The rows of one batch, in offset order. Those of reused `EventRows` are written over by the batches that are decoded next. */
export interface ProcessedRows extends NewRows {
  readonly rows: readonly EventRow[];
  readonly late: readonly LateRow[];
  readonly rejected: readonly RejectedRow[];
}

/**
 * The decision of the database about a record: a constraint refused its row, a unique key already holds it, or another partition has
 * counted its id, which is taken until that watermark (epoch ms).
 */
export type DatabaseDecision =
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "duplicate" }
  | { readonly type: "taken"; readonly untilMs: number };

/** A batch whose records are decoded, and not judged yet. */
export interface DecodedBatch {
  readonly batch: SourceBatch;
  /** By record; null: it is no event, or the database has decided about it. */
  readonly rows: readonly (EventRow | null)[];
  readonly rejections: ReadonlyMap<number, Why>;
}

/** Other partitions have taken no ids. */
export const NONE_TAKEN: ReadonlyMap<number, number> = new Map();

/**
 * The functional core of one partition: decodes, makes rows, counts them in windows. Records in, checkpoints out; no clock,
 * no IO. All checkpoints together depend on the log and on the decisions of the database alone, not on where batches or
 * checkpoints were cut.
 */
export interface PartitionProcessor {
  /** One past the last offset processed. */
  readonly nextOffset: number;
  /** Offsets processed since the last checkpoint. */
  readonly pending: number;
  /** The event that set the watermark; undefined before the first one. */
  readonly lead: WatermarkLead | undefined;
  /** Decodes a batch. Changes nothing. */
  decode(batch: SourceBatch): DecodedBatch;
  /** The ids of a batch's rows, where they are unique over all partitions; else empty. A record without a row has null. */
  idsOf(decoded: DecodedBatch): readonly (string | null)[];
  /**
   * Judges and counts a batch that begins at `nextOffset`. `taken`: until which watermark other partitions have taken ids, by
   * their place among those of the batch.
   */
  judge(decoded: DecodedBatch, taken?: ReadonlyMap<number, number>): ProcessedRows;
  /** `decode` and `judge`, where other partitions have taken no ids. */
  process(batch: SourceBatch): ProcessedRows;
  /** Everything of a checkpoint beside the rows of the batches since the last one. */
  checkpoint(): Checkpoint;
}

/** A person has decided to leave the record out. */
const EXCLUDED = { reason: "excluded", field: null, expected: "", received: "" };

/** Reason for an event that fits the schema and not the windows. */
const UNFIT_REASON = "out-of-range";

/**
 * Goes on from the state that the tables hold. `decisions` are by offset; those of earlier offsets are not looked at. Throws
 * WindowingError `too-many-ids` where more than `maxLiveIds` (10 million) are live. `eventRows` may be shared by partitions.
 */
export function createPartitionProcessor(
  pipeline: Pipeline,
  claim: Claim,
  decisions: ReadonlyMap<number, DatabaseDecision> = new Map(),
  maxLiveIds?: number,
  eventRows: EventRows = createEventRows(pipeline),
): PartitionProcessor {
  const { data } = pipeline;
  const reject = createRejecter(data);
  const definition = taskDefinition(data, maxLiveIds);
  const task = createTask(definition, toSnapshot(data.rollups, claim));
  const idRows = createTopicIdRows(data);
  const outcomes = new OutcomeCounter(data);
  const shapes = definition.rollups.map(({ keys, aggregates }) => ({ keys, columns: Object.keys(aggregates) }));
  let { nextOffset, lastRecord } = claim;
  let { skipped, lost, refused } = claim.ledger;
  /** Duplicates by a unique key of the database, which the windows do not know. */
  let keyDuplicates = 0;
  let pending = 0;
  const excluded = new Set(claim.excluded);
  const tracker = new LeadTracker(claim.maxEventTimeMs, claim.maxEventOffset);

  function decode(batch: SourceBatch): DecodedBatch {
    const { records } = batch;
    const rejections = new Map<number, Why>();
    const rows = records.map((record, index) => {
      const { offset } = record;
      if (excluded.size > 0 && excluded.has(offset)) {
        rejections.set(index, EXCLUDED);
        return null;
      }
      if (decisions.size > 0 && isLeftOut(decisions.get(offset))) return null;
      const made = eventRows.make(record);
      if (made.ok) return made.event;
      rejections.set(index, made.rejection);
      return null;
    });
    return { batch, rows, rejections };
  }

  function judgeRecords({ batch, rows, rejections }: DecodedBatch, taken: ReadonlyMap<number, number>): ProcessedRows {
    const { records } = batch;
    const arrivalsMs = arrivalsOf(records);
    const result = task.step(rows, arrivalsMs, idRows?.takenUntil(records, taken, decisions));
    tracker.take(records, arrivalsMs, result.leader, task.maxEventTimeMs);
    const others = new Map<number, Outcome>();
    for (const index of result.duplicates) others.set(index, DUPLICATE);
    const late = result.late.map(({ index, watermarkMs, missedByMs }) => {
      others.set(index, lateBy(missedByMs));
      return { ...itemAt(rows, index), watermark: watermarkMs, missed_by_ms: missedByMs };
    });
    const rejected = rejectedRows(records, rows, rejections, result, others);
    outcomes.add(arrivalsMs, others);
    const counted = others.size === 0 ? rows : rows.filter((_, index) => !others.has(index));
    const made = { rows: counted as readonly EventRow[], late, rejected };
    return idRows === undefined ? made : { ...made, ...idRows.make(rows, result, others) };
  }

  /** Rows of the rejected table in offset order. Their outcomes are added to `others`. */
  function rejectedRows(
    records: readonly SourceRecord[],
    rows: readonly (EventRow | null)[],
    rejections: ReadonlyMap<number, Why>,
    result: StepResult,
    others: Map<number, Outcome>,
  ): readonly RejectedRow[] {
    const rejected: RejectedRow[] = [];
    for (const { index, watermarkMs, aheadMs } of result.quarantined) {
      others.set(index, QUARANTINED);
      const timeMs = timeOf(data, itemAt(rows, index));
      rejected.push(reject(itemAt(records, index), futureReason(data.time.field, timeMs, aheadMs), watermarkMs));
    }
    for (const { index, watermarkMs, field, full } of result.rejected) {
      const record = itemAt(records, index);
      const decision = excluded.has(record.offset) ? undefined : decisions.get(record.offset);
      if (decision?.type === "duplicate") {
        keyDuplicates += 1;
        others.set(index, DUPLICATE);
      } else if (decision?.type === "refused") {
        refused += 1;
        others.set(index, REFUSED);
        const why = { reason: "refused", field: null, expected: decision.reason, received: "" };
        rejected.push(reject(record, why, watermarkMs));
      } else {
        const unfit = { reason: UNFIT_REASON, field, expected: "an event that fits", received: "" };
        const why = full === undefined ? (rejections.get(index) ?? unfit) : keysReason(data, full, itemAt(rows, index));
        others.set(index, { verdict: "rejected", detail: why.reason });
        rejected.push(reject(record, why, watermarkMs));
      }
    }
    return rejected.sort((a, b) => a.offset - b.offset);
  }

  function judge(decoded: DecodedBatch, taken = NONE_TAKEN): ProcessedRows {
    const { batch } = decoded;
    const rows = judgeRecords(decoded, taken);
    pending += batch.nextOffset - nextOffset;
    nextOffset = batch.nextOffset;
    const newest = batch.records.at(-1);
    if (newest !== undefined) lastRecord = fingerprintOf(newest);
    skipped += batch.skipped;
    lost += batch.lost;
    return rows;
  }

  // A task counts records that the database decided about as rejected: it was given no event for them.
  const decidedBefore = claim.ledger.refused;

  return {
    get nextOffset() {
      return nextOffset;
    },
    get pending() {
      return pending;
    },
    get lead() {
      return tracker.read(task.watermarkMs);
    },
    decode,
    idsOf: ({ rows }) => idRows?.idsOf(rows) ?? [],
    process: (batch) => judge(decode(batch)),
    judge,
    checkpoint() {
      const { watermarkMs, maxEventTimeMs, ledger, changed } = task.checkpoint();
      pending = 0;
      const decided = refused - decidedBefore + keyDuplicates;
      return {
        nextOffset,
        lastRecord,
        watermarkMs,
        maxEventTimeMs,
        ledger: {
          ...ledger,
          read: ledger.read + decidedBefore,
          rejected: ledger.rejected - decided,
          duplicate: ledger.duplicate + keyDuplicates,
          refused,
          skipped,
          lost,
        },
        changed: changed.map(({ rollup, rows }, at) => ({
          rollup,
          rows: rows.map((row) => toRollupRow(itemAt(shapes, at), row)),
        })),
        added: outcomes.drain(),
      };
    },
  };
}

/** The records' timestamps, which are read once: each read makes a number that lies in memory. */
function arrivalsOf(records: readonly SourceRecord[]): Float64Array {
  const arrivalsMs = new Float64Array(records.length);
  for (let index = 0; index < records.length; index += 1) arrivalsMs[index] = itemAt(records, index).timestampMs;
  return arrivalsMs;
}

/** Of a record whose id another partition has taken, the event is looked at: it may be late, or move the watermark. */
function isLeftOut(decision: DatabaseDecision | undefined): boolean {
  return decision !== undefined && decision.type !== "taken";
}

/** An item that is known to be there: a note of the task points at it. */
function itemAt<T>(items: readonly (T | null)[], index: number): T {
  const item = items[index];
  if (item === undefined || item === null) throw new RangeError(`The batch has nothing at ${index}.`);
  return item;
}

/** The order of a rollup's keys and aggregates. */
interface RollupShape {
  readonly keys: readonly string[];
  readonly columns: readonly string[];
}

/** A row as the sink takes it: NaN for the least or greatest of nothing. */
function toRollupRow(shape: RollupShape, { windowStartMs, keys, values }: RowOf): RollupRow {
  const figures = values as Readonly<Record<string, number | null>>;
  return {
    windowStartMs,
    keys: shape.keys.map((key) => keys[key] as string),
    values: shape.columns.map((column) => figures[column] ?? Number.NaN),
  };
}

const timeOrNull = (ms: number) => (Number.isFinite(ms) ? ms : null);
const numberOrNull = (value: number) => (Number.isNaN(value) ? null : value);

function toSnapshot(rollups: readonly RollupData[], claim: Claim): Snapshot {
  const { read, counted, duplicate, late, quarantined, rejected, refused } = claim.ledger;
  return {
    version: 2,
    watermarkMs: timeOrNull(claim.watermarkMs),
    maxEventTimeMs: timeOrNull(claim.maxEventTimeMs),
    ledger: { read: read - refused, counted, duplicate, late, quarantined, rejected },
    windows: rollups.map(({ name }) => ({
      rollup: name,
      rows:
        claim.windows
          .find(({ rollup }) => rollup === name)
          ?.rows.map((row) => ({ ...row, values: Array.from(row.values, numberOrNull) })) ?? [],
    })),
    ids: claim.ids,
  };
}
