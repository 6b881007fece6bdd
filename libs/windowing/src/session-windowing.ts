import { Accumulators } from "./accumulators.js";
import { planAggregates } from "./aggregates.js";
import type { SessionAssigner, Window } from "./assigners.js";
import { textOfId } from "./dedup.js";
import { DEFAULT_MAX_LIVE_IDS, type RowOf, type TaskDefinition } from "./definition.js";
import { sumOverflowed } from "./errors.js";
import type { EventReader } from "./event-reader.js";
import { KeyTable } from "./key-table.js";
import { isOpen, missedBy } from "./lateness.js";
import { SessionIds } from "./session-ids.js";
import { SessionTable } from "./session-table.js";
import type { SavedId, SavedIds, SavedRollup, SavedRow, SavedWindow } from "./snapshot.js";
import type { Clock } from "./watermark.js";
import { type Changes, type Held, compareFinals, createRow, nameKeys, type Windowing } from "./windowing.js";

const NONE = -1;

/**
 * Session windows of one rollup. An event first merges, transitively, with the open sessions of its keys that it touches
 * (a gap apart touches), and is then judged by the end of what came out. Closed sessions take no part in it.
 */
export class SessionWindowing<E> implements Windowing<E> {
  missedByMs = 0;
  isCopy = false;
  readonly missed: readonly Window[] = [];
  readonly #name: string;
  readonly #gapMs: number;
  readonly #latenessMs: number;
  readonly #isFinal: boolean;
  readonly #reader: EventReader<E>;
  readonly #clock: Clock;
  readonly #keyFields: readonly string[];
  readonly #keySlots: readonly number[];
  readonly #aggregates: readonly string[];
  readonly #keys: KeyTable;
  readonly #accumulators: Accumulators<E>;
  readonly #sessions = new SessionTable();
  readonly #ids: SessionIds | null;
  /** Rows that have not been given out as they are, in the order of their first change. */
  readonly #changed = new Set<number>();
  /** Rows that were given out, under the bounds that they have. */
  readonly #given = new Set<number>();
  #retracted: SavedWindow[] = [];

  constructor(definition: TaskDefinition<E>, reader: EventReader<E>, clock: Clock) {
    const [rollup] = definition.rollups;
    this.#name = rollup.name;
    this.#gapMs = (rollup.window as SessionAssigner).gapMs;
    this.#latenessMs = definition.allowedLatenessMs;
    this.#isFinal = definition.output === "final";
    this.#reader = reader;
    this.#clock = clock;
    this.#keyFields = rollup.keys;
    this.#keySlots = rollup.keys.map((key) => reader.keySlot(key));
    this.#aggregates = Object.keys(rollup.aggregates);
    this.#keys = new KeyTable(rollup.keys.length);
    this.#accumulators = new Accumulators(planAggregates(rollup.aggregates, reader.numberSlots()));
    this.#ids = definition.id === undefined ? null : new SessionIds(definition.maxLiveIds ?? DEFAULT_MAX_LIVE_IDS);
  }

  take(event: E, elsewhereMs: number): "counted" | "late" | "duplicate" {
    const { timeMs, keys } = this.#reader;
    const id = textOfId(this.#reader.id);
    const { watermarkMs } = this.#clock;
    const ownEndMs = timeMs + this.#gapMs;
    const key = this.#keys.find(keys, this.#keySlots);
    const closedMs = this.#closedAt(watermarkMs);
    const touching = key === NONE ? [] : this.#sessions.findTouching(key, timeMs, ownEndMs, closedMs);
    if (touching.length === 0 && !isOpen(ownEndMs, this.#latenessMs, watermarkMs)) {
      this.missedByMs = missedBy(ownEndMs, this.#latenessMs, watermarkMs);
      return "late";
    }
    this.isCopy = false;
    if (this.#ids !== null) {
      const counted = this.#ids.rowOf(id);
      if (counted !== undefined && this.#sessions.endOf(counted) > closedMs) return "duplicate";
    }
    this.isCopy = elsewhereMs > watermarkMs;
    if (this.isCopy) return "duplicate";
    if (this.#ids !== null) {
      if (this.#ids.isFull) this.#evictIds(watermarkMs);
      this.#ids.checkRoom();
    }
    const [first] = touching;
    const row = first === undefined ? this.#begin(key, timeMs, ownEndMs) : this.#join(touching, timeMs, ownEndMs);
    this.#refuseOverflow(this.#accumulators.add(row, this.#reader, event), row);
    this.#changed.add(row);
    this.#ids?.remember(id, row);
    return "counted";
  }

  takeChanged(): Changes[] {
    const rows = [...this.#changed].map((row) => {
      this.#given.add(row);
      return this.#give(row, this.#windowOf(row));
    });
    this.#changed.clear();
    const retracted = this.#retracted.map(({ windowStartMs, windowEndMs, keys }) => ({
      windowStartMs,
      windowEndMs,
      keys: nameKeys(this.#keyFields, keys),
    }));
    this.#retracted = [];
    return [{ retracted, rows }];
  }

  takeClosed(watermarkMs: number): Changes[] {
    const closed = this.#sessions.findClosed(this.#closedAt(watermarkMs)).map((row) => {
      this.#changed.delete(row);
      return { row, ...this.#windowOf(row) };
    });
    const rows = closed.sort(compareFinals).map(({ row, ...window }) => this.#give(row, window));
    return [{ retracted: [], rows }];
  }

  evict(watermarkMs: number): void {
    for (const row of this.#sessions.takeClosed(this.#closedAt(watermarkMs))) {
      this.#ids?.forgetRow(row);
      this.#drop(row);
    }
  }

  save(watermarkMs: number): { windows: SavedRollup[]; ids: SavedId[] } {
    const rows: SavedRow[] = [];
    const positions = new Map<number, number>();
    for (const row of this.#sessions.rows()) {
      const open = isOpen(this.#sessions.endOf(row), this.#latenessMs, watermarkMs);
      if (!open && !this.#changed.has(row)) continue;
      positions.set(row, rows.length);
      rows.push({
        ...this.#windowOf(row),
        ...this.#accumulators.save(row),
        ...(this.#given.has(row) && { given: true }),
        ...(this.#ids !== null && { ids: this.#ids.idsOf(row) }),
      });
    }
    const changed = [...this.#changed].map((row) => positions.get(row) ?? NONE);
    return { windows: [{ rollup: this.#name, rows, changed, retracted: this.#retracted.map(copyWindow) }], ids: [] };
  }

  restore(windows: readonly SavedRollup[], _ids: SavedIds, watermarkMs: number): void {
    const slots = this.#keySlots.map((_, at) => at);
    for (const saved of windows) {
      const changed = new Set(saved.changed);
      const restored = saved.rows.map((row, at) => {
        // `checkSnapshot` has seen that it is there.
        const endMs = row.windowEndMs as number;
        if (!isOpen(endMs, this.#latenessMs, watermarkMs) && !changed.has(at)) return NONE;
        const key = this.#keys.find(row.keys, slots);
        const held = this.#insert(key === NONE ? this.#keys.insert(row.keys, slots) : key, row.windowStartMs, endMs);
        this.#accumulators.restore(held, row);
        for (const id of row.ids ?? []) {
          this.#ids?.checkRoom();
          this.#ids?.remember(id, held);
        }
        if (row.given === true && !this.#isFinal) this.#given.add(held);
        return held;
      });
      for (const at of changed) this.#changed.add(restored[at] as number);
      // Of final rows none was given out, whatever the snapshot says.
      if (this.#isFinal) for (const row of restored) if (row !== NONE) this.#changed.add(row);
      if (!this.#isFinal) this.#retracted.push(...(saved.retracted ?? []).map(copyWindow));
    }
  }

  held(): Held {
    const ids = this.#ids?.size ?? 0;
    return {
      rows: this.#accumulators.size,
      keys: this.#keys.size,
      ids,
      bytes: this.#accumulators.bytes + this.#sessions.bytes + this.#keys.bytes + (this.#ids?.bytes ?? 0),
    };
  }

  countRows({ startMs, endMs }: Window): number {
    let count = 0;
    for (const row of this.#sessions.rows()) {
      if (this.#sessions.startOf(row) === startMs && this.#sessions.endOf(row) === endMs) count++;
    }
    return count;
  }

  /** A session is closed where it ends at or before this. */
  #closedAt(watermarkMs: number): number {
    return watermarkMs - this.#latenessMs;
  }

  /** Makes room for ids: those of closed sessions are dead, though their rows may still wait for a checkpoint. */
  #evictIds(watermarkMs: number): void {
    for (const row of this.#sessions.findClosed(this.#closedAt(watermarkMs))) this.#ids?.forgetRow(row);
  }

  #begin(key: number, startMs: number, endMs: number): number {
    return this.#insert(key === NONE ? this.#keys.insert(this.#reader.keys, this.#keySlots) : key, startMs, endMs);
  }

  #insert(key: number, startMs: number, endMs: number): number {
    this.#keys.hold(key);
    const row = this.#accumulators.allocate();
    this.#sessions.insert(row, key, startMs, endMs);
    return row;
  }

  /** Merges the sessions, and an event's own window, into the first of them. */
  #join(touching: readonly number[], ownStartMs: number, ownEndMs: number): number {
    const [first = NONE, ...others] = touching;
    const startMs = Math.min(ownStartMs, this.#sessions.startOf(first));
    const endMs = Math.max(ownEndMs, ...touching.map((row) => this.#sessions.endOf(row)));
    if (startMs !== this.#sessions.startOf(first) || endMs !== this.#sessions.endOf(first)) this.#retract(first);
    for (const other of others) {
      this.#retract(other);
      this.#refuseOverflow(this.#accumulators.merge(first, other), first);
      this.#ids?.moveRow(other, first);
      this.#drop(other);
    }
    this.#sessions.extend(first, startMs, endMs);
    return first;
  }

  /** What was given out under bounds that end to be. */
  #retract(row: number): void {
    if (this.#given.delete(row)) this.#retracted.push(this.#windowOf(row));
  }

  #drop(row: number): void {
    this.#changed.delete(row);
    this.#given.delete(row);
    this.#keys.release(this.#sessions.keyOf(row));
    this.#sessions.remove(row);
    this.#accumulators.free(row);
  }

  #windowOf(row: number): SavedWindow {
    return {
      windowStartMs: this.#sessions.startOf(row),
      windowEndMs: this.#sessions.endOf(row),
      keys: this.#keys.valuesOf(this.#sessions.keyOf(row)),
    };
  }

  #give(row: number, window: SavedWindow): RowOf {
    return createRow(this.#keyFields, window, this.#accumulators.results(row));
  }

  #refuseOverflow(aggregate: number, row: number): void {
    if (aggregate < 0) return;
    const { windowStartMs, keys } = this.#windowOf(row);
    throw sumOverflowed(this.#name, this.#aggregates[aggregate] ?? "", windowStartMs, keys);
  }
}

function copyWindow({ windowStartMs, windowEndMs, keys }: SavedWindow): SavedWindow {
  return { windowStartMs, windowEndMs, keys: [...keys] };
}
