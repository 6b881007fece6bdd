import { type Window, windowIndex } from "./assigners.js";
import { IdSet } from "./dedup.js";
import { DEFAULT_MAX_LIVE_IDS, type TaskDefinition } from "./definition.js";
import type { EventReader } from "./event-reader.js";
import { FixedTable } from "./fixed-table.js";
import { KeyTable } from "./key-table.js";
import { isOpen, missedBy } from "./lateness.js";
import type { SavedId, SavedIds, SavedRollup } from "./snapshot.js";
import type { Clock } from "./watermark.js";
import type { Changes, FullWindow, Held, Windowing } from "./windowing.js";

const NONE = -1;
const nothingMissed: readonly Window[] = [];

/** Tumbling windows of any number of rollups, judged by the first one's; or hopping windows of one. */
export class FixedWindowing<E> implements Windowing<E> {
  missedByMs = 0;
  missed: readonly Window[] = nothingMissed;
  full: FullWindow | undefined;
  isCopy = false;
  readonly #reader: EventReader<E>;
  readonly #clock: Clock;
  readonly #latenessMs: number;
  readonly #base: FixedTable<E>;
  readonly #tables: readonly FixedTable<E>[];
  readonly #keyTables: readonly KeyTable[];
  readonly #ids: IdSet | null;
  /** Tables that reject what is beyond their limits of keys; null: there are none. */
  readonly #rejecting: readonly FixedTable<E>[] | null;

  constructor(definition: TaskDefinition<E>, reader: EventReader<E>, clock: Clock) {
    const { rollups, allowedLatenessMs, id, maxLiveIds = DEFAULT_MAX_LIVE_IDS } = definition;
    this.#reader = reader;
    this.#clock = clock;
    this.#latenessMs = allowedLatenessMs;
    // Rollups with the same keys share their numbers, so that an event's are looked up once.
    const keyTables = new Map<string, KeyTable>();
    const options = { allowedLatenessMs, isFinal: definition.output === "final" };
    this.#tables = rollups.map((rollup) => {
      const name = JSON.stringify(rollup.keys);
      const keys = keyTables.get(name) ?? new KeyTable(rollup.keys.length);
      keyTables.set(name, keys);
      return new FixedTable(rollup, reader, keys, options);
    });
    this.#base = this.#tables[0] as FixedTable<E>;
    this.#keyTables = [...keyTables.values()];
    const rejecting = this.#tables.filter((table) => table.isRejecting);
    this.#rejecting = rejecting.length === 0 ? null : rejecting;
    this.#ids = id === undefined ? null : new IdSet(maxLiveIds);
  }

  take(event: E, elsewhereMs: number): "counted" | "late" | "duplicate" | "rejected" {
    const reader = this.#reader;
    const { timeMs } = reader;
    const { sizeMs, slideMs, offsetMs } = this.#base;
    const last = windowIndex(timeMs, slideMs, offsetMs);
    const endMs = last * slideMs + offsetMs + sizeMs;
    const { watermarkMs } = this.#clock;
    this.isCopy = false;
    if (endMs <= timeMs) return this.#countInNone(watermarkMs, elsewhereMs);
    if (!isOpen(endMs, this.#latenessMs, watermarkMs)) {
      this.missedByMs = missedBy(endMs, this.#latenessMs, watermarkMs);
      return "late";
    }
    if (elsewhereMs > watermarkMs) return this.#takeCopy(watermarkMs);
    if (this.#rejecting !== null) {
      if (this.#ids?.has(reader.id, watermarkMs) === true) return "duplicate";
      this.full = this.#findFull(this.#rejecting, watermarkMs);
      if (this.full !== undefined) return "rejected";
    }
    if (this.#ids !== null && !this.#ids.claim(reader.id, endMs + this.#latenessMs, watermarkMs)) return "duplicate";
    if (slideMs !== sizeMs) this.#addToOpen(last, event);
    else if (this.#tables.length > 1) this.#addToEach(last, event);
    else this.#base.add(last, this.#base.keys.find(reader.keys, this.#base.keySlots), reader, event);
    return "counted";
  }

  takeChanged(): Changes[] {
    return this.#tables.map((table) => ({ retracted: [], rows: table.takeChanged() }));
  }

  takeClosed(watermarkMs: number): Changes[] {
    return this.#tables.map((table) => ({ retracted: [], rows: table.takeClosed(watermarkMs) }));
  }

  evict(watermarkMs: number): void {
    for (const table of this.#tables) table.evict(watermarkMs);
    this.#ids?.evict(watermarkMs);
  }

  save(watermarkMs: number): { windows: SavedRollup[]; ids: SavedId[] } {
    const ids: SavedId[] = [];
    for (const { id, expiresMs } of this.#ids?.live(watermarkMs) ?? []) {
      // Any time within the window does: its start.
      ids.push({ id, timeMs: expiresMs - this.#latenessMs - this.#base.sizeMs });
    }
    return { windows: this.#tables.map((table) => table.save(watermarkMs)), ids };
  }

  restore(windows: readonly SavedRollup[], ids: SavedIds, watermarkMs: number): void {
    for (const table of this.#tables) {
      for (const saved of windows) if (saved.rollup === table.name) table.restore(saved, watermarkMs);
    }
    const { sizeMs, slideMs, offsetMs } = this.#base;
    for (const { id, timeMs } of ids) {
      const expiresMs = windowIndex(timeMs, slideMs, offsetMs) * slideMs + offsetMs + sizeMs + this.#latenessMs;
      if (expiresMs > watermarkMs) this.#ids?.claim(id, expiresMs, watermarkMs);
    }
  }

  held(): Held {
    const sum = (figure: (table: FixedTable<E>) => number) =>
      this.#tables.reduce((total, table) => total + figure(table), 0);
    return {
      rows: sum((table) => table.rows),
      keys: this.#keyTables.reduce((total, keys) => total + keys.size, 0),
      ids: this.#ids?.size ?? 0,
      bytes:
        sum((table) => table.bytes) +
        this.#keyTables.reduce((total, keys) => total + keys.bytes, 0) +
        (this.#ids?.bytes ?? 0),
    };
  }

  countRows({ startMs, endMs }: Window): number {
    return this.#tables.reduce(
      (total, table) => total + (endMs - startMs === table.sizeMs ? table.countRows(startMs) : 0),
      0,
    );
  }

  #addToEach(last: number, event: E): void {
    const reader = this.#reader;
    const tables = this.#tables;
    let keys: KeyTable | undefined;
    let key = NONE;
    for (let at = 0; at < tables.length; at++) {
      const table = tables[at] as FixedTable<E>;
      if (table.keys !== keys) {
        keys = table.keys;
        key = keys.find(reader.keys, table.keySlots);
      }
      const index = at === 0 ? last : windowIndex(reader.timeMs, table.slideMs, table.offsetMs);
      key = table.add(index, key, reader, event);
    }
  }

  #addToOpen(last: number, event: E): void {
    const reader = this.#reader;
    const table = this.#base;
    const { sizeMs, slideMs, offsetMs } = table;
    const first = windowIndex(reader.timeMs - sizeMs, slideMs, offsetMs) + 1;
    let key = table.keys.find(reader.keys, table.keySlots);
    const missed: Window[] = [];
    for (let index = first; index <= last; index++) {
      const startMs = index * slideMs + offsetMs;
      if (table.isOpen(index, this.#clock.watermarkMs)) key = table.add(index, key, reader, event);
      else missed.push({ startMs, endMs: startMs + sizeMs });
    }
    this.missed = missed;
  }

  /** The first open window of the event's that its keys are beyond the limit of. */
  #findFull(tables: readonly FixedTable<E>[], watermarkMs: number): FullWindow | undefined {
    const { keys, timeMs } = this.#reader;
    for (const table of tables) {
      const { name, sizeMs, slideMs, offsetMs } = table;
      const key = table.keys.find(keys, table.keySlots);
      const last = windowIndex(timeMs, slideMs, offsetMs);
      for (let index = windowIndex(timeMs - sizeMs, slideMs, offsetMs) + 1; index <= last; index++) {
        if (!table.isOpen(index, watermarkMs) || !table.isBeyondLimit(index, key)) continue;
        const startMs = index * slideMs + offsetMs;
        return { rollup: name, startMs, endMs: startMs + sizeMs };
      }
    }
    return undefined;
  }

  #takeCopy(watermarkMs: number): "duplicate" {
    this.isCopy = this.#ids?.has(this.#reader.id, watermarkMs) !== true;
    return "duplicate";
  }

  /** Where windows have gaps an event may lie in none: it is late for none, and its id is not kept. */
  #countInNone(watermarkMs: number, elsewhereMs: number): "counted" | "duplicate" {
    if (elsewhereMs > watermarkMs) return this.#takeCopy(watermarkMs);
    if (this.#ids?.has(this.#reader.id, watermarkMs) === true) return "duplicate";
    this.missed = nothingMissed;
    return "counted";
  }
}
