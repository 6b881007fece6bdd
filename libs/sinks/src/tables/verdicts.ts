import { bigint, index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** Records counted per tumbling window of `sizeMs` of their arrival and per combination of `keys`, all of them texts. */
export interface TallyDefinition {
  readonly name: string;
  readonly sizeMs: number;
  readonly keys: readonly string[];
  readonly measure: string;
}

const counts = { keys: ["verdict", "detail"], measure: "records" } as const;

/** By minute, and by hour for those who look at weeks. */
export const socmedVerdictTallies = [
  { name: "socmed_verdicts_1m", sizeMs: 60_000, ...counts },
  { name: "socmed_verdicts_1h", sizeMs: 3_600_000, ...counts },
] as const satisfies readonly TallyDefinition[];

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
export function verdictTable<Name extends string>(name: Name, define: typeof pgTable = pgTable) {
  return define(
    name,
    {
      topic: text("topic").notNull(),
      partition: integer("partition").notNull(),
      /** Of the record's own timestamp; -infinity (an invalid Date) where it has none, or one out of `timestampRange`. */
      window_start: timestamp("window_start", { withTimezone: true }).notNull(),
      verdict: text("verdict", {
        enum: ["counted", "duplicate", "late", "quarantined", "rejected", "refused"],
      }).notNull(),
      /** Of `lateBuckets` for late ones, the reason for rejected ones, `future` for quarantined ones, else empty. */
      detail: text("detail").notNull(),
      records: bigint("records", { mode: "number" }).notNull(),
    },
    (table) => [
      primaryKey({ columns: [table.topic, table.partition, table.window_start, table.verdict, table.detail] }),
      index(`${name}_window_start`).on(table.window_start),
    ],
  );
}

/**
 * The row ledger by minute of arrival, per partition: every record that was read, under the verdict that it got. Summed up
 * it is the ledger of `checkpoints`.
 */
export const socmedVerdicts1m = verdictTable("socmed_verdicts_1m");
/** The same by hour of arrival. */
export const socmedVerdicts1h = verdictTable("socmed_verdicts_1h");
