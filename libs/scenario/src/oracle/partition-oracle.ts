import { decode, type RejectionReason } from "@tidemark/schema";
import { createCountedIds } from "./counted-ids.js";
import { baseOf, type OracleDefinition } from "./definition.js";
import { createOpenWindows, windowStartOf, type OracleWindow } from "./open-windows.js";
import { rowOf, type OracleRow } from "./row.js";

/** What the log says of a record. */
export interface LogRecord {
  readonly offset: number;
  /** Epoch ms; -1: the record has none. */
  readonly timestampMs: number;
  readonly value: Uint8Array | null;
}

/** What becomes of a record. `watermarkMs` is the watermark that stood before it, in epoch ms; -Infinity before any event. */
export type Judgement =
  /** It is in the raw table and in every rollup. */
  | { readonly kind: "counted"; readonly row: OracleRow }
  /** `firstOffset`: where the event lies that was counted for its id. */
  | { readonly kind: "duplicate"; readonly row: OracleRow; readonly firstOffset: number }
  /** `missedByMs`: by how much the watermark was beyond the base window's end + allowed lateness; 0 is late, too. */
  | { readonly kind: "late"; readonly row: OracleRow; readonly watermarkMs: number; readonly missedByMs: number }
  /** `aheadMs`: by how much it is beyond its record's timestamp + allowed skew; above 0. */
  | { readonly kind: "quarantined"; readonly row: OracleRow; readonly watermarkMs: number; readonly aheadMs: number }
  | {
      readonly kind: "rejected";
      readonly reason: RejectionReason;
      readonly field: string | null;
      readonly watermarkMs: number;
    };

/** How many records were read, and what became of them: read = the sum of the others. */
export interface OracleLedger {
  readonly read: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
  readonly rejected: number;
}

/** The right answers for one partition. */
export interface PartitionOracle {
  /**
   * Judges the next record. Offsets rise from call to call; there may be gaps.
   * @throws RangeError for an offset that does not rise, and for an integer sum beyond 2^53
   */
  take(record: LogRecord): Judgement;
  /**
   * Windows that can't change any more (end + allowed lateness <= watermark) and were not given before: rollup by rollup,
   * in each by rising start, which is above those of earlier calls. What is given is forgotten.
   */
  takeClosed(): OracleWindow[];
  /** All that are left, in the same order. For the end of the log: no record may follow. */
  takeRest(): OracleWindow[];
  /** Highest event time - delay, in epoch ms; -Infinity before any event. */
  readonly watermarkMs: number;
  /** Highest event time of the events that were not quarantined, in epoch ms; -Infinity before any. */
  readonly maxEventTimeMs: number;
  readonly ledger: OracleLedger;
}

/**
 * Begins at the start of a partition's log.
 * @throws RangeError for a definition that makes no sense
 */
export function createPartitionOracle(definition: OracleDefinition): PartitionOracle {
  const base = baseOf(definition);
  const { watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs, rollups } = definition;
  const windows = rollups.map((rollup) => createOpenWindows(rollup));
  const ids = createCountedIds();
  const ledger = { read: 0, counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0 };
  let maxEventTimeMs = -Infinity;
  let lastOffset = -1;

  const readWatermark = () => maxEventTimeMs - watermarkDelayMs;

  /** When the base window of a row takes no more events, and its id is free again: at this watermark. */
  const closingOf = (row: OracleRow) => windowStartOf(row.Ts * 1000, base.sizeMs) + base.sizeMs + allowedLatenessMs;

  function judge({ timestampMs, value }: LogRecord, watermarkMs: number): Judgement {
    const decoded = decode(value);
    if (!decoded.ok) {
      const { reason, field } = decoded.rejection;
      return { kind: "rejected", reason, field, watermarkMs };
    }
    const row = rowOf(decoded.event);
    if (timestampMs !== -1) {
      const aheadMs = row.Ts * 1000 - (timestampMs + maxFutureSkewMs);
      if (aheadMs > 0) return { kind: "quarantined", row, watermarkMs, aheadMs };
    }
    const missedByMs = watermarkMs - closingOf(row);
    if (missedByMs >= 0) return { kind: "late", row, watermarkMs, missedByMs };

    const first = ids.find(row.ID, watermarkMs);
    if (first !== undefined) return { kind: "duplicate", row, firstOffset: first.offset };

    return { kind: "counted", row };
  }

  return {
    take(record) {
      const { offset } = record;
      if (offset <= lastOffset) throw new RangeError(`Offset ${offset} came after ${lastOffset}.`);
      lastOffset = offset;

      const watermarkMs = readWatermark();
      const judgement = judge(record, watermarkMs);
      ledger.read += 1;
      ledger[judgement.kind] += 1;
      if (judgement.kind === "rejected" || judgement.kind === "quarantined") return judgement;

      const { kind, row } = judgement;
      if (kind === "counted") {
        ids.add(row.ID, { offset, untilMs: closingOf(row) }, watermarkMs);
        for (const each of windows) each.add(row);
      }
      maxEventTimeMs = Math.max(maxEventTimeMs, row.Ts * 1000);
      return judgement;
    },
    takeClosed() {
      return windows.flatMap((each) => each.takeEnded(readWatermark() - allowedLatenessMs));
    },
    takeRest() {
      return windows.flatMap((each) => each.takeEnded(Infinity));
    },
    get watermarkMs() {
      return readWatermark();
    },
    get maxEventTimeMs() {
      return maxEventTimeMs;
    },
    get ledger() {
      return { ...ledger };
    },
  };
}
