import type { Window } from "./assigners.js";
import { createBatchResult } from "./batch-result.js";
import {
  checkDefinition,
  type EventOf,
  type RetractedRowOf,
  type Rollup,
  type RowOf,
  type TaskDefinition,
} from "./definition.js";
import { badInput, taskFailed } from "./errors.js";
import { EventReader } from "./event-reader.js";
import { explainTask, type Explanation } from "./explain.js";
import { FixedWindowing } from "./fixed-windowing.js";
import { checkBatch, checkWatermark } from "./inputs.js";
import { aheadBy } from "./lateness.js";
import { addLedgers, checkLedger, createLedger, type Ledger, type Verdict } from "./ledger.js";
import { SessionWindowing } from "./session-windowing.js";
import type { LateNote, PartlyLateNote, QuarantineNote, RejectNote } from "./notes.js";
import { checkSnapshot, type Snapshot, timeFromJson, timeToJson } from "./snapshot.js";
import { type Clock, NO_EVENT_YET, SourceClock } from "./watermark.js";
import type { Held, Windowing } from "./windowing.js";

export interface StepResult {
  /** How many events came. */
  readonly read: number;
  /** One per event, in their order. Put together from the rest when it is first asked for. */
  readonly verdicts: readonly Verdict[];
  readonly late: readonly LateNote[];
  readonly partlyLate: readonly PartlyLateNote[];
  readonly quarantined: readonly QuarantineNote[];
  readonly rejected: readonly RejectNote[];
  /** The positions of duplicates. */
  readonly duplicates: readonly number[];
  /** Those of `duplicates` whose ids only other streams have counted. */
  readonly copies: readonly number[];
  /** The position of the event that set the highest event time; -1 where none did. */
  readonly leader: number;
  /** The watermark that stood before each event; only where `elsewhereMs` was given. */
  readonly watermarksMs?: Float64Array;
}

/** What one rollup gives out. Retractions come first: a row may come back under the bounds of one that was retracted. */
export interface RollupChanges<R extends Rollup<never> = Rollup<never>> {
  readonly rollup: R["name"];
  readonly retracted: readonly RetractedRowOf<R>[];
  readonly rows: readonly RowOf<R>[];
}

type ChangesOf<Rollups extends readonly Rollup<never>[]> = {
  readonly [At in keyof Rollups]: RollupChanges<Rollups[At]>;
};

export interface Checkpoint<D extends TaskDefinition<never> = TaskDefinition<never>> {
  /** -Infinity before any event, Infinity after the end. */
  readonly watermarkMs: number;
  /** -Infinity before any event. */
  readonly maxEventTimeMs: number;
  /** Totals since the start of the stream: they go on after a restore. */
  readonly ledger: Ledger;
  /**
   * One entry per rollup, in their order. Output `update`: every row changed since the last checkpoint, with absolute values,
   * in the order of first change. `final`: the rows of windows that have closed since, by end, start and keys.
   */
  readonly changed: ChangesOf<D["rollups"]>;
}

/**
 * The event time of one stream. Its state is a deterministic fold over the stream's events: it depends on their order and
 * the definition alone, not on how they were cut into steps, nor on where checkpoints or restores fell.
 */
export interface Task<D extends TaskDefinition<never> = TaskDefinition<never>> {
  readonly watermarkMs: number;
  /** Of all events that fit and were not quarantined. */
  readonly maxEventTimeMs: number;
  readonly ledger: Ledger;
  /**
   * Judges and counts events; null stands for bytes that are none. `arrivalsMs` says when each arrived, for the future guard:
   * a Kafka record's timestamp; -1, and no array, are no arrival, and no guard. `elsewhereMs` says until which watermark the id of
   * each is taken because another stream has counted it; -Infinity: it is not. Such an event is a duplicate, and leaves no trace in
   * windows or ids. Throws `bad-input` where events, arrivals and `elsewhereMs` are not
   * as many, and changes nothing; `sum-overflow`, `too-many-ids`, and what a custom aggregate or an event's own getter throws: after
   * these the task is of no more use.
   */
  step(
    events: readonly (EventOf<D> | null)[],
    arrivalsMs?: ArrayLike<number>,
    elsewhereMs?: ArrayLike<number>,
  ): StepResult;
  /**
   * Takes a watermark from outside: an integer of ms, or Infinity where the stream has ended and everything closes. A lower one
   * than stands changes nothing. Throws `bad-watermark`.
   */
  advance(watermarkMs: number): void;
  /** Gives out what is due, then forgets windows and ids that are no longer open. */
  checkpoint(): Checkpoint<D>;
  /** The state as JSON-able data. Changes nothing. */
  snapshot(): Snapshot;
  /** Where the watermark stands, what is held, and why a window is still open. */
  explain(window?: Window): Explanation;
  held(): Held;
}

/**
 * Begins a task, or goes on from a snapshot. A definition made by `defineTask` gives typed rows.
 * Throws `bad-definition`, and `bad-snapshot`, `bad-ledger` or `too-many-ids` for a snapshot that this definition cannot have made.
 */
export function createTask<const D extends TaskDefinition<never>>(definition: D, from?: Snapshot): Task<D>;
export function createTask<E>(definition: TaskDefinition<E>, from?: Snapshot): Task<TaskDefinition<E>>;
export function createTask<E>(definition: TaskDefinition<E>, from?: Snapshot): Task<TaskDefinition<E>> {
  checkDefinition(definition as TaskDefinition<never>);
  if (from !== undefined) checkSnapshot(from, definition);
  const { watermarkDelayMs, initialWatermarkMs = -Infinity } = definition;
  const clock = new SourceClock(watermarkDelayMs, {
    maxEventTimeMs: from === undefined ? NO_EVENT_YET : timeFromJson(from.maxEventTimeMs),
    givenMs: from === undefined ? initialWatermarkMs : timeFromJson(from.givenMs),
  });
  return new OwnTask(definition, clock, from) as unknown as Task<TaskDefinition<E>>;
}

/** Folds events that a clock judges. `createTask` gives it a clock of its own; several sources share one. */
export class JudgedStream<E> {
  readonly definition: TaskDefinition<E>;
  readonly #clock: Clock;
  /** null: no future guard. */
  readonly #skewMs: number | null;
  readonly #reader: EventReader<E>;
  readonly #windowing: Windowing<E>;
  #ledger = createLedger();
  #failure: unknown = undefined;

  constructor(definition: TaskDefinition<E>, clock: Clock, from: Snapshot | undefined) {
    this.definition = definition;
    this.#clock = clock;
    this.#skewMs = definition.maxFutureSkewMs ?? null;
    this.#reader = new EventReader(definition);
    const Windows = definition.rollups[0].window.kind === "session" ? SessionWindowing : FixedWindowing;
    this.#windowing = new Windows(definition, this.#reader, clock);
    if (from === undefined) return;
    this.#ledger = createLedger(from.ledger);
    this.#windowing.restore(from.windows, from.ids, clock.watermarkMs);
  }

  get watermarkMs(): number {
    return this.#clock.watermarkMs;
  }

  get maxEventTimeMs(): number {
    return this.#clock.maxEventTimeMs;
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  step(events: readonly (E | null)[], arrivalsMs?: ArrayLike<number>, elsewhereMs?: ArrayLike<number>): StepResult {
    this.refuseAfterFailure();
    checkBatch(events, arrivalsMs);
    if (elsewhereMs !== undefined && elsewhereMs.length !== events.length)
      throw badInput("elsewhereMs", elsewhereMs.length, `${events.length} times, one for each event`);
    try {
      return this.#fold(events, arrivalsMs, elsewhereMs);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  checkpoint(): Checkpoint {
    this.refuseAfterFailure();
    const { watermarkMs, maxEventTimeMs } = this.#clock;
    const { rollups, output } = this.definition;
    const changes = output === "final" ? this.#windowing.takeClosed(watermarkMs) : this.#windowing.takeChanged();
    this.#windowing.evict(watermarkMs);
    const changed = rollups.map(({ name }, at) => ({ rollup: name, ...changes[at] }));
    return { watermarkMs, maxEventTimeMs, ledger: this.#ledger, changed: changed as unknown as Checkpoint["changed"] };
  }

  snapshot(): Snapshot {
    this.refuseAfterFailure();
    const { watermarkMs, maxEventTimeMs } = this.#clock;
    return {
      version: 2,
      watermarkMs: timeToJson(watermarkMs),
      maxEventTimeMs: timeToJson(maxEventTimeMs),
      ledger: { ...this.#ledger },
      ...this.#windowing.save(watermarkMs),
    };
  }

  explain(window?: Window): Explanation {
    const { watermarkMs, maxEventTimeMs } = this.#clock;
    const rows = window === undefined ? 0 : this.#windowing.countRows(window);
    return explainTask(this.definition, { watermarkMs, maxEventTimeMs, held: this.held(), rows }, window);
  }

  held(): Held {
    return this.#windowing.held();
  }

  refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw taskFailed(this.#failure);
  }

  #fold(
    events: readonly (E | null)[],
    arrivalsMs: ArrayLike<number> | undefined,
    elsewhereMs: ArrayLike<number> | undefined,
  ): StepResult {
    const reader = this.#reader;
    const windowing = this.#windowing;
    const clock = this.#clock;
    const count = events.length;
    const skewMs = this.#skewMs ?? 0;
    const arrivals = this.#skewMs === null ? undefined : arrivalsMs;
    const watermarksMs = elsewhereMs && new Float64Array(count);
    const result = createBatchResult(count, watermarksMs);
    let counted = 0;

    for (let index = 0; index < count; index++) {
      // A hole in the array, which the types forbid, is no event either.
      const event = events[index] ?? null;
      if (watermarksMs !== undefined) watermarksMs[index] = clock.watermarkMs;
      const misfit = event === null ? null : reader.read(event);
      if (event === null || misfit !== null) {
        result.rejected.push({ index, watermarkMs: clock.watermarkMs, field: misfit });
        continue;
      }
      const aheadMs = arrivals === undefined ? 0 : aheadBy(reader.timeMs, arrivals[index] as number, skewMs);
      if (Number.isNaN(aheadMs)) {
        result.rejected.push({ index, watermarkMs: clock.watermarkMs, field: null });
        continue;
      }
      if (aheadMs > 0) {
        result.quarantined.push({ index, watermarkMs: clock.watermarkMs, aheadMs });
        continue;
      }
      const verdict = windowing.take(event, elsewhereMs?.[index] ?? -Infinity);
      if (verdict === "counted") {
        counted++;
        const { missed } = windowing;
        if (missed.length > 0) result.partlyLate.push({ index, watermarkMs: clock.watermarkMs, missed });
      } else if (verdict === "duplicate") {
        result.duplicates.push(index);
        if (windowing.isCopy) result.copies.push(index);
      } else if (verdict === "rejected") {
        const { full } = windowing;
        result.rejected.push({ index, watermarkMs: clock.watermarkMs, field: null, ...(full && { full }) });
      } else {
        result.late.push({ index, watermarkMs: clock.watermarkMs, missedByMs: windowing.missedByMs });
      }
      if (reader.timeMs > clock.maxEventTimeMs) result.leader = index;
      clock.observe(reader.timeMs);
    }

    const batch = {
      read: count,
      counted,
      duplicate: result.duplicates.length,
      late: result.late.length,
      quarantined: result.quarantined.length,
      rejected: result.rejected.length,
    };
    this.#ledger = checkLedger(addLedgers(this.#ledger, batch));
    return result;
  }
}

class OwnTask<E> extends JudgedStream<E> {
  readonly #source: SourceClock;

  constructor(definition: TaskDefinition<E>, clock: SourceClock, from: Snapshot | undefined) {
    super(definition, clock, from);
    this.#source = clock;
  }

  advance(watermarkMs: number): void {
    this.refuseAfterFailure();
    this.#source.advance(checkWatermark(watermarkMs));
  }

  override snapshot(): Snapshot {
    return { ...super.snapshot(), givenMs: timeToJson(this.#source.givenMs) };
  }
}
