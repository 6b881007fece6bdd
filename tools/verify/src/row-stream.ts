import type { Snapshot } from "./snapshot.js";

/** A row of a stream: the values in the order in which they were selected. */
export type StoredRow = readonly unknown[];

/** The rows of a query, one after another; a few thousand of them are in memory. */
export interface RowStream {
  /** The row that is next, where it has been fetched already; else `load` it. */
  readonly current: StoredRow | undefined;
  /** The row that is next; undefined behind the last one. */
  load(): Promise<StoredRow | undefined>;
  /** Goes on behind the current row. */
  drop(): void;
}

const rowsPerFetch = 2_000;
let cursors = 0;

/** Runs the query in a cursor of the snapshot's transaction, at the first `load`. Fetches ahead while rows are taken. */
export function openRowStream(snapshot: Snapshot, query: string, values: readonly (string | number)[]): RowStream {
  cursors += 1;
  const name = `verify_${cursors}`;
  let rows: readonly StoredRow[] = [];
  let at = 0;
  let ahead: Promise<readonly StoredRow[]> | undefined;
  let isOpen = false;
  let isAtEnd = false;

  async function fetch(): Promise<readonly StoredRow[]> {
    const fetched = await snapshot.unsafe(`FETCH ${rowsPerFetch} FROM ${name}`).values();
    return fetched as readonly StoredRow[];
  }

  function fetchAhead(): void {
    ahead = fetch();
    // Whoever loads it is told; nobody may be waiting yet.
    ahead.catch(() => undefined);
  }

  return {
    get current() {
      return rows[at];
    },
    async load() {
      if (!isOpen) {
        isOpen = true;
        await snapshot.unsafe(`DECLARE ${name} NO SCROLL CURSOR FOR ${query}`, [...values]);
        fetchAhead();
      }
      if (at < rows.length || isAtEnd || ahead === undefined) return rows[at];
      rows = await ahead;
      at = 0;
      isAtEnd = rows.length < rowsPerFetch;
      if (!isAtEnd) fetchAhead();
      return rows[at];
    },
    drop() {
      at += 1;
    },
  };
}
