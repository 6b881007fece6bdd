import type { NewRows, RowBuffer } from "../checkpoint.js";
import type { CopyEncoder, CopyStream } from "../copy/copy-encoder.js";
import { CountedIds, newestOf } from "../ids/counted-ids.js";
import { idKey } from "../ids/id-key.js";
import { eventTimeMs, type SinkTables } from "../sink-tables.js";
import { dayOf } from "./day-partitions.js";

/** One COPY of a checkpoint. */
export interface CopyRun {
  readonly statement: string;
  readonly chunks: readonly Uint8Array[];
  /** Which column holds the offset of each row, where one does and its rows may be refused. */
  readonly offsetAt: number | undefined;
}

export interface RowEncoders {
  readonly raw: CopyEncoder;
  readonly late: CopyEncoder | undefined;
  readonly rejected: CopyEncoder | undefined;
  readonly topicIds?: { readonly ids: CopyEncoder; readonly copies: CopyEncoder } | undefined;
}

/** In bytes. Ten thousand rows of the usual size have a fifth of it. */
const FULL_SIZE = 8 * 1024 * 1024;
/** A transaction locks each partition that it writes to, and its indexes; a server has room for some thousands of locks. */
const FULL_DAYS = 100;

/** Encodes rows as they come, and notes which days they lie in. */
export class CopyRowBuffer implements RowBuffer {
  /** UTC days since 1970-01-01 of the raw rows, where their table is partitioned by day. */
  readonly days = new Set<number>();
  /** Of the raw rows, where they are unique over all partitions. */
  readonly ids = new CountedIds();
  // Rows of one day mostly follow one another.
  #lastDay = Number.NaN;
  readonly #streams = new Map<CopyEncoder, CopyStream>();
  readonly #encoders: RowEncoders;
  readonly #raw: SinkTables["raw"];
  readonly #constants: Readonly<Record<string, unknown>>;

  constructor(encoders: RowEncoders, raw: SinkTables["raw"], constants: Readonly<Record<string, unknown>>) {
    this.#encoders = encoders;
    this.#raw = raw;
    this.#constants = constants;
  }

  add({ rows, late = [], rejected = [], ids = [], copies = [] }: NewRows): void {
    this.#append(this.#encoders.raw, rows);
    this.#append(this.#encoders.late, late);
    this.#append(this.#encoders.rejected, rejected);
    this.#append(this.#encoders.topicIds?.copies, copies.map(toCopy));
    if (this.#encoders.topicIds !== undefined) this.ids.add(ids);
    if (this.#raw.time === undefined || this.#raw.partitionedByDay !== true) return;
    const { time, timeUnit } = this.#raw;
    for (const row of rows as readonly Readonly<Record<string, unknown>>[]) {
      const day = dayOf(eventTimeMs(row[time], timeUnit));
      if (day !== this.#lastDay) this.days.add(day);
      this.#lastDay = day;
    }
  }

  get isFull(): boolean {
    let bytes = 0;
    for (const stream of this.#streams.values()) bytes += stream.bytes;
    return bytes >= FULL_SIZE || this.days.size >= FULL_DAYS;
  }

  get bytes(): number {
    let bytes = this.ids.bytes;
    for (const stream of this.#streams.values()) bytes += stream.allocatedBytes;
    return bytes;
  }

  /** The COPYs to run: ids, raw rows, late ones, rejected ones, then copies. */
  end(): readonly CopyRun[] {
    const { raw, late, rejected, topicIds } = this.#encoders;
    const runs: CopyRun[] = [];
    const taken = newestOf(this.ids.sorted()).map(({ key, liveUntilMs }) => ({ id: key, live_until: liveUntilMs }));
    this.#append(topicIds?.ids, taken);
    for (const encoder of [topicIds?.ids, raw, late, rejected, topicIds?.copies]) {
      const stream = encoder && this.#streams.get(encoder);
      if (encoder === undefined || stream === undefined) continue;
      const { statement } = encoder;
      const mayBeRefused = encoder === raw || encoder === late;
      runs.push({ statement, chunks: stream.end(), offsetAt: mayBeRefused ? encoder.offsetAt : undefined });
    }
    return runs;
  }

  /** The COPYs have been committed: nobody reads their bytes any more. */
  release(): void {
    for (const stream of this.#streams.values()) stream.release();
  }

  #append(encoder: CopyEncoder | undefined, rows: readonly object[]): void {
    if (rows.length === 0) return;
    if (encoder === undefined) throw new Error("The checkpoint holds rows of a table that this sink doesn't write.");
    let stream = this.#streams.get(encoder);
    if (stream === undefined) {
      stream = encoder.open(this.#constants);
      this.#streams.set(encoder, stream);
    }
    stream.append(rows);
  }
}

function toCopy<T extends { readonly id: string }>(copy: T): T {
  return { ...copy, id: idKey(copy.id) };
}
