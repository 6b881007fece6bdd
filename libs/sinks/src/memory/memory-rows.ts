import type { NewRows, RowBuffer } from "../checkpoint.js";
import { CountedIds } from "../ids/counted-ids.js";
import { idKey } from "../ids/id-key.js";
import { splitFields } from "../copy/copied-rows.js";
import { createCopyEncoder, type CopyEncoderOptions } from "../copy/copy-encoder.js";
import type { PgTable } from "drizzle-orm/pg-core";
import { getTableColumns } from "drizzle-orm";
import { fieldReader } from "./field-readers.js";
import { filledValues, type StoredRow } from "./stored-row.js";

/** A table that holds rows as a Postgres table of the same definition would. */
export interface RowTarget {
  readonly table: PgTable;
  /** Encodes and reads back, so that what is kept is what Postgres is sent. Throws SinkError `unencodable` as it does there. */
  store(rows: readonly object[], constants: StoredRow): readonly StoredRow[];
}

export function createRowTarget(table: PgTable, options: CopyEncoderOptions = {}): RowTarget {
  const encoder = createCopyEncoder(table, options);
  const columns = getTableColumns(table);
  const fields = encoder.properties.map((property) => ({
    property,
    read: fieldReader(columns[property]?.getSQLType() ?? ""),
  }));
  const filled = filledValues(table, encoder.properties);
  return {
    table,
    store(rows, constants) {
      const stream = encoder.open(constants);
      stream.append(rows);
      const stored = splitFields(stream.end()).map((bytes) => {
        const row: Record<string, unknown> = { ...filled };
        for (const [at, { property, read }] of fields.entries()) {
          const value = bytes.get(at);
          row[property] = value === undefined ? null : read(value);
        }
        return row;
      });
      stream.release();
      return stored;
    },
  };
}

export interface RowTargets {
  readonly raw: RowTarget;
  readonly late: RowTarget | undefined;
  readonly rejected: RowTarget | undefined;
  readonly copies: RowTarget | undefined;
}

/** Rows for one table. */
export interface TableRows {
  readonly table: PgTable;
  readonly rows: readonly StoredRow[];
}

/** What a row counts as: tests look at the number of rows alone. */
const ROW_BYTES = 100;

export class MemoryRowBuffer implements RowBuffer {
  /** Memory has no transactions that could become too large. */
  readonly isFull = false;
  bytes = 0;
  readonly ids = new CountedIds();
  readonly #rows = new Map<PgTable, StoredRow[]>();
  readonly #targets: RowTargets;
  readonly #constants: StoredRow;

  constructor(targets: RowTargets, constants: StoredRow) {
    this.#targets = targets;
    this.#constants = constants;
  }

  add({ rows, late = [], rejected = [], ids = [], copies = [] }: NewRows): void {
    this.#append(this.#targets.raw, rows);
    this.#append(this.#targets.late, late);
    this.#append(this.#targets.rejected, rejected);
    this.#append(
      this.#targets.copies,
      copies.map(({ id, offset }) => ({ id: idKey(id), offset })),
    );
    if (this.#targets.copies !== undefined) this.ids.add(ids);
  }

  end(): readonly TableRows[] {
    return [...this.#rows].map(([table, rows]) => ({ table, rows }));
  }

  #append(target: RowTarget | undefined, added: readonly object[]): void {
    if (added.length === 0) return;
    if (target === undefined) throw new Error("The checkpoint holds rows of a table that this sink doesn't write.");
    const stored = target.store(added, this.#constants);
    const rows = this.#rows.get(target.table) ?? [];
    for (const row of stored) rows.push(row);
    this.#rows.set(target.table, rows);
    this.bytes += stored.length * ROW_BYTES;
  }
}
