import type { NewRows, RowBuffer } from "../checkpoint.js";
import { createCopyEncoder, type CopyEncoderOptions } from "../copy/copy-encoder.js";
import type { PgTable } from "drizzle-orm/pg-core";
import { createRowForm, type StoredRow } from "./stored-row.js";

/** A table that takes rows which a Postgres column of the same definition would hold. */
export interface RowTarget {
  readonly table: PgTable;
  /** Throws SinkError `unencodable`, as the Postgres sink does. */
  check(rows: readonly object[], constants: StoredRow): void;
  store(row: object, constants: StoredRow): StoredRow;
}

export function createRowTarget(table: PgTable, options: CopyEncoderOptions = {}): RowTarget {
  const encoder = createCopyEncoder(table, options);
  const form = createRowForm(table, options.timeUnits);
  return {
    table,
    check(rows, constants) {
      const stream = encoder.open(constants);
      stream.append(rows);
      stream.release();
    },
    store: form.store,
  };
}

export interface RowTargets {
  readonly raw: RowTarget;
  readonly late: RowTarget | undefined;
  readonly rejected: RowTarget | undefined;
}

/** Rows for one table. */
export interface TableRows {
  readonly table: PgTable;
  readonly rows: readonly StoredRow[];
}

export class MemoryRowBuffer implements RowBuffer {
  readonly #rows = new Map<PgTable, StoredRow[]>();
  readonly #targets: RowTargets;
  readonly #constants: StoredRow;

  constructor(targets: RowTargets, constants: StoredRow) {
    this.#targets = targets;
    this.#constants = constants;
  }

  add({ rows, late = [], rejected = [] }: NewRows): void {
    this.#append(this.#targets.raw, rows);
    this.#append(this.#targets.late, late);
    this.#append(this.#targets.rejected, rejected);
  }

  end(): readonly TableRows[] {
    return [...this.#rows].map(([table, rows]) => ({ table, rows }));
  }

  #append(target: RowTarget | undefined, added: readonly object[]): void {
    if (added.length === 0) return;
    if (target === undefined) throw new Error("The checkpoint holds rows of a table that this sink doesn't write.");
    target.check(added, this.#constants);
    const rows = this.#rows.get(target.table) ?? [];
    for (const row of added) rows.push(target.store(row, this.#constants));
    this.#rows.set(target.table, rows);
  }
}
