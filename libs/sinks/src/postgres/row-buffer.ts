import type { NewRows, RowBuffer } from "../checkpoint.js";
import type { CopyEncoder, CopyStream } from "../copy/copy-encoder.js";
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
}

/** In bytes. Ten thousand rows of the usual size have a fifth of it. */
const FULL_SIZE = 8 * 1024 * 1024;
/** A transaction locks each partition that it writes to, and its indexes; a server has room for some thousands of locks. */
const FULL_DAYS = 100;

/** Encodes rows as they come, and notes which days they lie in. */
export class CopyRowBuffer implements RowBuffer {
  /** UTC days since 1970-01-01 of the raw rows, where their table is partitioned by day. */
  readonly days = new Set<number>();
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

  add({ rows, late = [], rejected = [] }: NewRows): void {
    this.#append(this.#encoders.raw, rows);
    this.#append(this.#encoders.late, late);
    this.#append(this.#encoders.rejected, rejected);
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
    let bytes = 0;
    for (const stream of this.#streams.values()) bytes += stream.allocatedBytes;
    return bytes;
  }

  /** The COPYs to run: raw rows, then late ones, then rejected ones. */
  end(): readonly CopyRun[] {
    const { raw, late, rejected } = this.#encoders;
    const runs: CopyRun[] = [];
    for (const encoder of [raw, late, rejected]) {
      const stream = encoder && this.#streams.get(encoder);
      if (encoder === undefined || stream === undefined) continue;
      const { statement } = encoder;
      runs.push({ statement, chunks: stream.end(), offsetAt: encoder === rejected ? undefined : encoder.offsetAt });
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
