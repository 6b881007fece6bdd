import { createCountedIds } from "./counted-ids.js";
import { createDecode } from "./decode.js";
import { baseOf, type OracleDefinition, type OracleRejection } from "./definition.js";
import { timeMsOf } from "./iso-time.js";
import { createOpenWindows, windowStartOf, type OracleWindow } from "./open-windows.js";
import { createRowMaker, type OracleRow } from "./row.js";

/** What the log says of a record. */
export interface LogRecord {
  readonly offset: number;
  /** Epoch ms; -1: the record has none. */
  readonly timestampMs: number;
  readonly value: Uint8Array | null;
}

/** The event of a record, and its time in epoch ms. */
export interface Timed {
  readonly row: OracleRow;
  readonly timeMs: number;
}

/** What becomes of a record. `watermarkMs` is the watermark that stood before it, in epoch ms; -Infinity before any event. */
export type Judgement =
  /** It is in the raw table and in every rollup. */
  | (Timed & { readonly kind: "counted" })
  /**
   * `firstOffset`: where the event lies that was counted for its id; null: a unique key of the database decided, or another
   * partition has counted it (`isCopy`).
   */
  | (Timed & { readonly kind: "duplicate"; readonly firstOffset: number | null; readonly isCopy: boolean })
  /** `missedByMs`: by how much the watermark was beyond the base window's end + allowed lateness; 0 is late, too. */
  | (Timed & { readonly kind: "late"; readonly watermarkMs: number; readonly missedByMs: number })
  /** `aheadMs`: by how much it is beyond its record's timestamp + allowed skew; above 0. */
  | (Timed & { readonly kind: "quarantined"; readonly watermarkMs: number; readonly aheadMs: number })
  /** A constraint of the database refused its row. */
  | (Timed & { readonly kind: "refused"; readonly watermarkMs: number })
  /** It has an event and a time where a rollup's limit of keys rejects it. */
  | (OracleRejection & Partial<Timed> & { readonly kind: "rejected"; readonly watermarkMs: number })
  /** A person has decided to leave the record out, whatever it holds. */
  | {
      readonly kind: "rejected";
      readonly reason: "excluded";
      readonly field: null;
      readonly row?: undefined;
      readonly timeMs?: undefined;
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
  readonly refused: number;
}

/**
 * What the database decided about a row that would be counted, late or a duplicate. The log does not determine it. Such a
 * record touches no window, id or watermark; a copy of an event that another partition has counted moves the watermark.
 */
export type DatabaseDecision = "refused" | "duplicate" | "copy";

/**
 * Asked about every event that is not quarantined; `outcome` is what becomes of it if the database takes its row. `rejected`: by a
 * limit of keys.
 */
export type AskDatabase = (
  offset: number,
  outcome: "counted" | "late" | "duplicate" | "rejected",
  event: Timed,
  watermarkMs: number,
) => DatabaseDecision | undefined;

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
  /** Whether an event of that time (epoch ms), if it came now, would find its base window open. */
  takesEventAt(timeMs: number): boolean;
  /** Highest event time - delay, in epoch ms; -Infinity before any event. */
  readonly watermarkMs: number;
  /** Highest event time of the events that were neither quarantined nor refused, in epoch ms; -Infinity before any. */
  readonly maxEventTimeMs: number;
  readonly ledger: OracleLedger;
}

/**
 * Begins at the start of a partition's log. `isExcluded`: whether a person has left out the record at an offset.
 * @throws RangeError for a definition that makes no sense
 */
export function createPartitionOracle(
  definition: OracleDefinition,
  askDatabase?: AskDatabase,
  isExcluded: (offset: number) => boolean = () => false,
): PartitionOracle {
  const base = baseOf(definition);
  const { watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs, rollups, id, time } = definition;
  const decode = createDecode(definition.fields);
  const makeRow = createRowMaker(definition);
  const measured = measuredRates(definition);
  const windows = rollups.map((rollup) => createOpenWindows(rollup));
  const ids = createCountedIds();
  const ledger = { read: 0, counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0, refused: 0 };
  let maxEventTimeMs = -Infinity;
  let lastOffset = -1;

  const readWatermark = () => maxEventTimeMs - watermarkDelayMs;

  /** When the base window of a time takes no more events, and the id of its event is free again: at this watermark. */
  const closingOf = (timeMs: number) =>
    windowStartOf(timeMs, base.window.sizeMs) + base.window.sizeMs + allowedLatenessMs;

  /** The outcome of an event that the database takes. */
  function judgeEvent({ row, timeMs }: Timed, watermarkMs: number): Judgement {
    const missedByMs = watermarkMs - closingOf(timeMs);
    if (missedByMs >= 0) return { kind: "late", row, timeMs, watermarkMs, missedByMs };
    const first = id === null ? undefined : ids.find(String(row[id]), watermarkMs);
    if (first !== undefined) return { kind: "duplicate", row, timeMs, firstOffset: first.offset, isCopy: false };
    if (windows.some((each) => each.rejects(row, timeMs))) {
      return { kind: "rejected", reason: "too-many-keys", field: null, row, timeMs, watermarkMs };
    }
    return { kind: "counted", row, timeMs };
  }

  function judge({ offset, timestampMs, value }: LogRecord, watermarkMs: number): Judgement {
    if (isExcluded(offset)) return { kind: "rejected", reason: "excluded", field: null, watermarkMs };
    const decoded = decode(value);
    if ("reason" in decoded) return { kind: "rejected", ...decoded, watermarkMs };
    const row = makeRow(decoded.event);
    for (const field of measured) {
      const rate = row[field];
      if (rate !== null && !Number.isFinite(rate))
        return { kind: "rejected", reason: "out-of-range", field, watermarkMs };
    }
    const timeMs = timeMsOf(row[time.field], time.unit);
    if (timestampMs !== -1) {
      const aheadMs = timeMs - (timestampMs + maxFutureSkewMs);
      if (aheadMs > 0) return { kind: "quarantined", row, timeMs, watermarkMs, aheadMs };
    }
    const judgement = judgeEvent({ row, timeMs }, watermarkMs);
    const decision = askDatabase?.(offset, judgement.kind as Parameters<AskDatabase>[1], { row, timeMs }, watermarkMs);
    if (decision === "refused") return { kind: "refused", row, timeMs, watermarkMs };
    if (decision === "copy") return { kind: "duplicate", row, timeMs, firstOffset: null, isCopy: true };
    if (decision === "duplicate") return { kind: "duplicate", row, timeMs, firstOffset: null, isCopy: false };
    return judgement;
  }

  function apply(judgement: Judgement, offset: number, watermarkMs: number): void {
    const { kind } = judgement;
    if (kind === "quarantined" || kind === "refused") return;
    if (kind === "rejected") {
      // The time of an event that a limit of keys rejects is as good as any other's.
      maxEventTimeMs = Math.max(maxEventTimeMs, judgement.timeMs ?? -Infinity);
      return;
    }
    if (kind === "duplicate" && judgement.firstOffset === null && !judgement.isCopy) return;
    const { row, timeMs } = judgement;
    if (kind === "counted") {
      if (id !== null) ids.add(String(row[id]), { offset, untilMs: closingOf(timeMs) }, watermarkMs);
      for (const each of windows) each.add(row, timeMs);
    }
    maxEventTimeMs = Math.max(maxEventTimeMs, timeMs);
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
      apply(judgement, offset, watermarkMs);
      return judgement;
    },
    takeClosed() {
      return windows.flatMap((each) => each.takeEnded(readWatermark() - allowedLatenessMs));
    },
    takeRest() {
      return windows.flatMap((each) => each.takeEnded(Infinity));
    },
    takesEventAt: (timeMs) => readWatermark() < closingOf(timeMs),
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

/** Rates that some aggregate is made of: one that is beyond all doubles cannot be added up. */
function measuredRates({ rates, rollups }: OracleDefinition): readonly string[] {
  const aggregates = rollups.flatMap((rollup) => Object.values(rollup.aggregates));
  const used = new Set(aggregates.flatMap((aggregate) => ("field" in aggregate ? aggregate.field : [])));
  return rates.map(({ name }) => name).filter((name) => used.has(name));
}
