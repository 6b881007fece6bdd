/** What the server and the page say to each other. The page is built from this file too: it holds types and constants only. */

import type { Level, PanelKind, Threshold, Unit } from "@tidemark/panels";

/** The time ranges that a viewer may choose, and how long they are in ms; `all` begins with the first window. */
export const ranges = { "5m": 300_000, "1h": 3_600_000, "24h": 86_400_000, all: Infinity } as const;

export type Range = keyof typeof ranges;

/** What a viewer looks at: the query of the page's address, and of the event stream. */
export interface Choice {
  /** A dashboard's id. */
  readonly tab: string;
  readonly range: Range;
  /** `null` is all of them. */
  readonly cities: readonly string[] | null;
  readonly platforms: readonly string[] | null;
}

/** A panel as the page needs it: all but its SQL. */
export interface ShownPanel {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly description: string;
  readonly show: { readonly kind: PanelKind; readonly value?: string; readonly name?: string; readonly style?: string };
  readonly columns: Readonly<Record<string, ShownColumn>>;
  readonly noData: string;
}

export interface ShownColumn {
  readonly kind: "text" | "time" | "number";
  readonly title: string;
  readonly unit?: Unit;
  readonly decimals?: number;
  readonly thresholds?: readonly Threshold[];
}

export type { Level, Threshold, Unit };

/** GET /api/dashboards: what there is to look at. */
export interface Dashboards {
  readonly topic: string;
  readonly dashboards: readonly {
    readonly id: string;
    readonly title: string;
    readonly panels: readonly ShownPanel[];
  }[];
}

/** One row of a panel; times are epoch ms. */
export type ShownRow = Readonly<Record<string, string | number | null>>;

/**
 * How the rows of a panel come from those that it had, in order: a run of them, by where it begins and how many they are, or
 * rows that are new.
 */
export type RowChanges = readonly (
  { readonly keep: readonly [from: number, count: number] } | { readonly add: readonly ShownRow[] }
)[];

/**
 * GET /api/events?tab=&range=&city=&city=&platform=: server-sent events. `names` and `panels` come at once, with all panels of the
 * tab, and `panels` again after each commit, with what is other in those whose rows have changed; `pulse` comes at least every second. No city at all
 * is all cities, a single empty one is none. 400 for a choice that is none, 503 for one too many; their body is a `Refusal`.
 */
export interface ServerEvents {
  /** What there is to choose from in this range. */
  readonly names: { readonly cities: readonly string[]; readonly platforms: readonly string[] };
  readonly panels: {
    /** The time range that the rows are of, epoch ms. */
    readonly fromMs: number;
    readonly toMs: number;
    /** How far apart the points of series are. */
    readonly intervalMs: number;
    /** When Postgres had taken the newest checkpoint that the rows hold, epoch ms by Postgres's clock. */
    readonly committedMs: number | null;
    /** Panels that come as a whole. */
    readonly rows: Readonly<Record<string, readonly ShownRow[]>>;
    /** The difference to the rows that this stream has brought before. Panels that are in neither are as they were. */
    readonly changes?: Readonly<Record<string, RowChanges>>;
    /**
     * Rows of single figures over the range of the same length that ended at `fromMs`; absent for `all`, and without panels where
     * the stream began within it. May lag behind a little.
     */
    readonly before?: Readonly<Record<string, readonly ShownRow[]>>;
  };
  readonly pulse: Pulse;
}

/** How the stream is doing. */
export interface Pulse {
  /** By Postgres's clock; the age of the data is this less `committedMs`. */
  readonly nowMs: number;
  readonly committedMs: number | null;
  readonly newestEventMs: number | null;
  /** The lowest watermark, and the partitions that hold it. */
  readonly watermarkMs: number | null;
  readonly heldBy: readonly number[];
  /** Null before the first checkpoint. */
  readonly ledger: Ledger | null;
  /** Whether the database answers. While it doesn't, `nowMs` goes on, and the other figures are the last known. */
  readonly database: "up" | "away";
}

/** What became of every record that was read, over all partitions; `read` is the sum of the others. */
export interface Ledger {
  readonly read: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
  readonly rejected: number;
  readonly refused: number;
}

/** Why there is no stream, in one sentence. */
export interface Refusal {
  readonly error: string;
}
