/** The links of the chain: scenario -> log, log -> tables, and tables -> panels. */
export const links = ["scenario-log", "log-tables", "tables-panels"] as const;
export type Link = (typeof links)[number];

/** What can be wrong with a link, and how it is told: of one, of many. */
export const phrases = {
  "missing-event": ["missing event", "missing events"],
  "repeated-event": ["event there again", "events there again"],
  "out-of-order": ["event out of order", "events out of order"],
  "other-bytes": ["record with other bytes", "records with other bytes"],
  "other-timestamp": ["record with another timestamp", "records with another timestamp"],
  "other-key": ["record with another key", "records with another key"],
  "unexpected-record": ["unexpected record", "unexpected records"],
  "missing-row": ["missing row", "missing rows"],
  "unexpected-row": ["unexpected row", "unexpected rows"],
  "unexpected-rows": ["group of unexpected rows", "groups of unexpected rows"],
  "repeated-row": ["row there again", "rows there again"],
  "counted-twice": ["event counted twice", "events counted twice"],
  "wrong-value": ["wrong value", "wrong values"],
  "failing-query": ["query that fails", "queries that fail"],
  "unread-records": ["partition with unread records", "partitions with unread records"],
  "no-checkpoint": ["partition with records and no checkpoint", "partitions with records and no checkpoint"],
} as const;
export type What = keyof typeof phrases;

/** Something that is not as it has to be. */
export interface Difference {
  readonly link: Link;
  readonly what: What;
  /** Or the panel, variable or annotation; null where none is meant. */
  readonly table: string | null;
  /** Null where none is meant. */
  readonly partition: number | null;
  /** `offset 120`, or `window 2024-02-03T17:00:05Z, Jakarta, X`. */
  readonly where: string;
  readonly column: string | null;
  /** Whole, however long. */
  readonly expected: string;
  readonly found: string;
}

/** What differences of one kind have in common. */
export type Kind = Pick<Difference, "link" | "what" | "table" | "column">;

export interface CountedKind extends Kind {
  readonly count: number;
}

export type Details = Pick<Difference, "partition" | "where" | "expected" | "found">;

/** Counts all differences and keeps the first few of each kind. */
export interface Findings {
  /** `describe` is only called where the difference is kept. */
  add(kind: Kind, describe: () => Details): void;
  readonly total: number;
  /** Those of the first link first, else in the order in which the first of each kind was found. */
  counts(): readonly CountedKind[];
  /** At most `limit`, in the same order: the first of each kind, then the first of all. */
  first(): readonly Difference[];
}

interface Kept {
  /** Which of all differences it is. */
  readonly at: number;
  readonly difference: Difference;
}

interface Found {
  readonly kind: Kind;
  count: number;
  readonly kept: Kept[];
}

export function createFindings(limit: number): Findings {
  const kinds = new Map<string, Found>();
  let total = 0;

  return {
    add(kind, describe) {
      total += 1;
      const { link, what, table, column } = kind;
      const name = JSON.stringify([link, what, table, column]);
      let found = kinds.get(name);
      if (found === undefined) kinds.set(name, (found = { kind: { link, what, table, column }, count: 0, kept: [] }));
      found.count += 1;
      if (found.kept.length < limit) {
        const { partition, where, expected, found: actual } = describe();
        const difference = { link, what, table, partition, where, column, expected, found: actual };
        found.kept.push({ at: total, difference });
      }
    },
    get total() {
      return total;
    },
    counts() {
      const counted = [...kinds.values()].map(({ kind, count }) => ({ ...kind, count }));
      return counted.sort((a, b) => rankOf(a) - rankOf(b));
    },
    first() {
      const all = [...kinds.values()].map(({ kept }) => kept);
      const firsts = all.flatMap((kept) => kept.slice(0, 1)).sort(inOrder);
      const others = all.flatMap((kept) => kept.slice(1)).sort(inOrder);
      const chosen = [...firsts, ...others].slice(0, limit).sort(inOrder);
      return chosen.map(({ difference }) => difference);
    },
  };
}

const rankOf = ({ link }: Pick<Kind, "link">) => links.indexOf(link);
const inOrder = (a: Kept, b: Kept) => rankOf(a.difference) - rankOf(b.difference) || a.at - b.at;
