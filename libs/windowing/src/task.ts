import { IdSet } from "./dedup.js";
import { checkDefinition, DEFAULT_MAX_LIVE_IDS, type TaskDefinition } from "./definition.js";
import { taskFailed } from "./errors.js";
import { EventReader } from "./event-reader.js";
import { aheadBy, isOpen, missedBy } from "./lateness.js";
import { addLedgers, checkLedger, createLedger, type Ledger, type Verdict } from "./ledger.js";
import { RollupState, type WindowRow } from "./rollup-state.js";
import { checkSnapshot, type Snapshot, timeFromJson, timeToJson } from "./snapshot.js";
import { windowIndex } from "./tumbling.js";
import { advanceMaxEventTime, NO_EVENT_YET, watermarkOf } from "./watermark.js";

export interface TaskRecord<E> {
  /** When the record arrived, in ms: a Kafka record's timestamp. -1: none, and so no future guard. */
  readonly arrivalMs: number;
  /** null: bytes that are no event. */
  readonly event: E | null;
}

/** All notes: `index` is the record's position in the batch, `watermarkMs` the watermark that stood before it. */
export interface LateNote {
  readonly index: number;
  readonly watermarkMs: number;
  /** watermark − (base window's end + allowed lateness), >= 0. */
  readonly missedByMs: number;
}

export interface QuarantineNote {
  readonly index: number;
  readonly watermarkMs: number;
  /** event time − (arrival + allowed skew), > 0. */
  readonly aheadMs: number;
}

export interface RejectNote {
  readonly index: number;
  readonly watermarkMs: number;
  /** The first field of an event that does not fit the definition; null where there was no event. */
  readonly field: string | null;
}

export interface StepResult {
  /** One per record, in their order. */
  readonly verdicts: readonly Verdict[];
  readonly late: readonly LateNote[];
  readonly quarantined: readonly QuarantineNote[];
  readonly rejected: readonly RejectNote[];
}

export interface Checkpoint {
  /** -Infinity before any event. */
  readonly watermarkMs: number;
  /** -Infinity before any event. */
  readonly maxEventTimeMs: number;
  /** Totals since the start of the partition's log: they go on after a restore. */
  readonly ledger: Ledger;
  /** Per rollup, every row changed since the last checkpoint, with absolute values, in the order of first change. */
  readonly changed: readonly { readonly rollup: string; readonly rows: readonly WindowRow[] }[];
}

/**
 * The event time of one partition. Its state is a deterministic fold over the partition's records: it depends on their
 * order and the definition alone, not on how they were cut into steps, nor on where checkpoints or restores fell.
 */
export interface Task<E> {
  /** Judges and counts records. Throws `sum-overflow` and `too-many-ids`; after that the task is of no more use. */
  step(records: readonly TaskRecord<E>[]): StepResult;
  /** Gives out what changed since the last one, then forgets windows and ids that are no longer open. */
  checkpoint(): Checkpoint;
  /** The state as JSON-able data. Changes nothing. */
  snapshot(): Snapshot;
  /** How much is held: window rows of all rollups, and ids. */
  size(): { readonly windows: number; readonly ids: number };
}

/**
 * Begins a task, or goes on from a snapshot.
 * Throws `bad-definition`, and `bad-snapshot` or `bad-ledger` for a snapshot that this definition cannot have made.
 */
export function createTask<E>(definition: TaskDefinition<E>, from?: Snapshot): Task<E> {
  return new FoldingTask(definition, from);
}

class FoldingTask<E> implements Task<E> {
  readonly #delayMs: number;
  readonly #latenessMs: number;
  readonly #skewMs: number;
  readonly #baseMs: number;
  readonly #reader: EventReader<E>;
  readonly #ids: IdSet;
  readonly #rollups: readonly RollupState<E>[];
  #maxEventTimeMs = NO_EVENT_YET;
  #ledger = createLedger();
  #failure: unknown = undefined;

  constructor(definition: TaskDefinition<E>, from: Snapshot | undefined) {
    checkDefinition(definition);
    this.#delayMs = definition.watermarkDelayMs;
    this.#latenessMs = definition.allowedLatenessMs;
    this.#skewMs = definition.maxFutureSkewMs;
    this.#baseMs = definition.rollups[0].sizeMs;
    this.#reader = new EventReader(definition);
    this.#ids = new IdSet(this.#baseMs, this.#latenessMs, definition.maxLiveIds ?? DEFAULT_MAX_LIVE_IDS);
    this.#rollups = definition.rollups.map((rollup) => new RollupState(rollup, this.#latenessMs, this.#reader));
    if (from !== undefined) this.#restore(checkSnapshot(from, definition));
  }

  step(records: readonly TaskRecord<E>[]): StepResult {
    this.#refuseAfterFailure();
    try {
      return this.#fold(records);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  checkpoint(): Checkpoint {
    this.#refuseAfterFailure();
    const watermarkMs = this.#watermark();
    const changed = this.#rollups.map((rollup) => ({ rollup: rollup.name, rows: rollup.takeChanged() }));
    for (const rollup of this.#rollups) rollup.evict(watermarkMs);
    this.#ids.evict(watermarkMs);
    return { watermarkMs, maxEventTimeMs: this.#maxEventTimeMs, ledger: this.#ledger, changed };
  }

  snapshot(): Snapshot {
    this.#refuseAfterFailure();
    const watermarkMs = this.#watermark();
    return {
      version: 1,
      watermarkMs: timeToJson(watermarkMs),
      maxEventTimeMs: timeToJson(this.#maxEventTimeMs),
      ledger: this.#ledger,
      windows: this.#rollups.map((rollup) => rollup.save(watermarkMs)),
      ids: [...this.#ids.live(watermarkMs)],
    };
  }

  size(): { readonly windows: number; readonly ids: number } {
    return { windows: this.#rollups.reduce((sum, rollup) => sum + rollup.size, 0), ids: this.#ids.size };
  }

  #fold(records: readonly TaskRecord<E>[]): StepResult {
    const reader = this.#reader;
    const verdicts: Verdict[] = [];
    const late: LateNote[] = [];
    const quarantined: QuarantineNote[] = [];
    const rejected: RejectNote[] = [];
    let counted = 0;
    let duplicate = 0;
    let maxEventTimeMs = this.#maxEventTimeMs;

    let index = -1;
    for (const { arrivalMs, event } of records) {
      index++;
      const watermarkMs = watermarkOf(maxEventTimeMs, this.#delayMs);
      const misfit = event === null ? null : reader.read(event);
      if (event === null || misfit !== null) {
        rejected.push({ index, watermarkMs, field: misfit });
        verdicts.push("rejected");
        continue;
      }

      const { id, timeMs } = reader;
      const aheadMs = aheadBy(timeMs, arrivalMs, this.#skewMs);
      if (aheadMs > 0) {
        quarantined.push({ index, watermarkMs, aheadMs });
        verdicts.push("quarantined");
        continue;
      }

      const base = windowIndex(timeMs, this.#baseMs);
      const endMs = (base + 1) * this.#baseMs;
      if (!isOpen(endMs, this.#latenessMs, watermarkMs)) {
        late.push({ index, watermarkMs, missedByMs: missedBy(endMs, this.#latenessMs, watermarkMs) });
        verdicts.push("late");
      } else if (this.#ids.claim(id, base, watermarkMs)) {
        for (const rollup of this.#rollups) rollup.add(reader);
        counted++;
        verdicts.push("counted");
      } else {
        duplicate++;
        verdicts.push("duplicate");
      }
      maxEventTimeMs = advanceMaxEventTime(maxEventTimeMs, timeMs);
    }

    this.#maxEventTimeMs = maxEventTimeMs;
    const batch = { counted, duplicate, late: late.length, quarantined: quarantined.length, rejected: rejected.length };
    this.#ledger = checkLedger(addLedgers(this.#ledger, { read: records.length, ...batch }));
    return { verdicts, late, quarantined, rejected };
  }

  #restore(from: Snapshot): void {
    this.#ledger = createLedger(from.ledger);
    this.#maxEventTimeMs = timeFromJson(from.maxEventTimeMs);
    const watermarkMs = this.#watermark();
    for (const rollup of this.#rollups) {
      for (const saved of from.windows) if (saved.rollup === rollup.name) rollup.restore(saved, watermarkMs);
    }
    this.#ids.restore(from.ids, watermarkMs);
  }

  #watermark(): number {
    return watermarkOf(this.#maxEventTimeMs, this.#delayMs);
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw taskFailed(this.#failure);
  }
}
