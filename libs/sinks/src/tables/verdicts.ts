import { bigint, index, integer, primaryKey, text, timestamp, type pgTable } from "drizzle-orm/pg-core";

/** Records counted per tumbling window of `sizeMs` of their arrival and per combination of `keys`, all of them texts. */
export interface TallyDefinition {
  readonly name: string;
  readonly sizeMs: number;
  readonly keys: readonly string[];
  readonly measure: string;
}

/**
 * By how much a late event missed its window, as people read it: a bucket holds what is below `belowMs` and not below the
 * bucket before.
 */
export const lateBuckets = [
  { belowMs: 1_000, text: "under 1 s" },
  { belowMs: 10_000, text: "1 to 10 s" },
  { belowMs: 60_000, text: "10 s to 1 min" },
  { belowMs: 600_000, text: "1 to 10 min" },
  { belowMs: 3_600_000, text: "10 min to 1 h" },
  { belowMs: Infinity, text: "1 h or more" },
] as const;

export type VerdictTable = ReturnType<typeof verdictTable>;

/**
 * Counts of records by the window of their arrival and by outcome, per partition: every record that was read. Summed up they
 * are the ledger of the checkpoints.
 */
export function verdictTable(name: string, define: typeof pgTable) {
  return define(
    name,
    {
      topic: text("topic").notNull(),
      partition: integer("partition").notNull(),
      /** The window of the record's own timestamp; -infinity (an invalid Date) where it has none, or one out of `timestampRange`. */
      window_start: timestamp("window_start", { withTimezone: true }).notNull(),
      verdict: text("verdict", {
        enum: ["counted", "duplicate", "late", "quarantined", "rejected", "refused"],
      }).notNull(),
      /** A text of `lateBuckets` for late ones, the reason for rejected ones, `future` for quarantined ones, else empty. */
      detail: text("detail").notNull(),
      records: bigint("records", { mode: "number" }).notNull(),
    },
    (table) => [
      primaryKey({ columns: [table.topic, table.partition, table.window_start, table.verdict, table.detail] }),
      index(`${name}_window_start`).on(table.window_start),
    ],
  );
}
