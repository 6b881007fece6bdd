import type { ShownRow } from "./protocol.js";
import { writeChanges } from "./row-changes.js";

/** The newest rows of a panel, and some that it had before, so that a viewer who has one of those is sent the difference alone. */
export interface PanelHistory {
  /** The state that brought the newest rows. */
  readonly since: number;
  /** Rows of a state whose number rises from call to call. */
  take(rows: readonly ShownRow[], at: number): void;
  /** How a viewer who has the rows of an older state comes to the newest: all of them, or what is other. As JSON. */
  writeSince(from: number): { readonly type: "rows" | "changes"; readonly text: string };
}

/** A viewer that has not kept up for so many changes gets all rows once. */
const MOST_VERSIONS = 4;
/** Versions of rows that have more characters of JSON together are not kept: it bounds the memory of a choice. */
const MOST_CHARACTERS = 4_000_000;

interface Version {
  /** Each as JSON. */
  readonly rows: readonly string[];
  readonly characters: number;
  readonly since: number;
}

export function createPanelHistory(): PanelHistory {
  /** The newest first. */
  let versions: readonly Version[] = [];

  function dropOld(): void {
    let characters = 0;
    versions = versions.filter((version, at) => {
      characters += version.characters;
      return at === 0 || (at < MOST_VERSIONS && characters <= MOST_CHARACTERS);
    });
  }

  return {
    get since() {
      return versions[0]?.since ?? 0;
    },
    take(read, at) {
      const rows = read.map((row) => JSON.stringify(row));
      const [newest] = versions;
      const isSame = newest?.rows.length === rows.length && newest.rows.every((row, index) => row === rows[index]);
      if (isSame) return;
      const characters = rows.reduce((sum, row) => sum + row.length, 0);
      versions = [{ rows, characters, since: at }, ...versions];
      dropOld();
    },
    writeSince(from) {
      const rows = versions[0]?.rows ?? [];
      const whole = `[${rows.join(",")}]`;
      const known = from === 0 ? undefined : versions.find(({ since }) => since <= from);
      if (known === undefined) return { type: "rows", text: whole };
      const changes = writeChanges(known.rows, rows);
      return changes.length < whole.length ? { type: "changes", text: changes } : { type: "rows", text: whole };
    },
  };
}
