import type { PgTable } from "drizzle-orm/pg-core";
import { createSelect, type StoredRow } from "./stored-row.js";

/** The tables that memory sinks write, in the place of a database. They end with the process. */
export interface MemoryStore {
  /**
   * A table's rows as Drizzle's `select` gives them, in the order in which they first came: of the tables that a sink was
   * created with, and of `checkpoints` and `definitions`. Empty for any other. A row that hasn't been written since is the
   * same object, which nobody may change.
   */
  rows<Table extends PgTable>(table: Table): readonly Table["$inferSelect"][];
}

/** The store with what its sinks need. Whoever writes has made sure that nothing can fail halfway. */
export class MemoryTables implements MemoryStore {
  readonly #tables = new Map<PgTable, Map<unknown, StoredRow>>();
  readonly #selects = new Map<PgTable, (row: StoredRow) => object>();
  readonly #selected = new WeakMap<StoredRow, object>();

  rows<Table extends PgTable>(table: Table): readonly Table["$inferSelect"][] {
    const select = this.#selects.get(table) ?? createSelect(table);
    this.#selects.set(table, select);
    return this.stored(table).map((row) => {
      const selected = this.#selected.get(row) ?? select(row);
      this.#selected.set(row, selected);
      return selected as Table["$inferSelect"];
    });
  }

  stored(table: PgTable): readonly StoredRow[] {
    return [...this.#table(table).values()];
  }

  find(table: PgTable, key: string): StoredRow | undefined {
    return this.#table(table).get(key);
  }

  append(table: PgTable, rows: readonly StoredRow[]): void {
    const to = this.#table(table);
    for (const row of rows) to.set(to.size, row);
  }

  /** Writes over the row with that key, if there is one. */
  put(table: PgTable, key: string, row: StoredRow): void {
    this.#table(table).set(key, row);
  }

  #table(table: PgTable): Map<unknown, StoredRow> {
    const found = this.#tables.get(table) ?? new Map<unknown, StoredRow>();
    this.#tables.set(table, found);
    return found;
  }
}

export function createMemoryStore(): MemoryStore {
  return new MemoryTables();
}
