import type { NewRows } from "@tidemark/sinks";
import {
  aroundSink,
  changedEvent,
  changedRollups,
  committedTwice,
  dedupOff,
  duplicateCountedByArrival,
  latenessOffByOne,
  lateRowCounted,
  lostRecord,
  rejectSwallowed,
  skippedPartition,
  startPassedOver,
  type Injection,
  type NamedWindow,
} from "./injection.js";
import { wrong } from "./kinds-of-difference.js";

export interface OrdersFault {
  readonly name: string;
  readonly injection: Injection;
  /** Every kind of difference, as `table[.column] kind`, and so none besides. */
  readonly finds: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

const changedRows = (table: keyof NewRows, change: (row: Row) => readonly Row[]): Injection =>
  aroundSink({ rows: (added) => ({ ...added, [table]: (added[table] as readonly Row[]).flatMap(change) }) });

/** The raw row of one order becomes these rows. */
const changedOrder = (change: (row: Row) => readonly Row[]): Injection =>
  changedRows("rows", (row) => (row["orderNo"] === "A-7" ? change(row) : [row]));

const changedReject = (from: string, to: string): Injection =>
  changedRows("rejected", (row) => [row["reason"] === from ? { ...row, reason: to } : row]);

const changedMinutes = (change: (window: NamedWindow) => Partial<NamedWindow>): Injection =>
  changedRollups((window) => (window.rollup === "orders_1m" ? change(window) : {}));

const sums = ["orders", "cents", "cents_mean_sum", "cents_mean_count", "weighed"];
const rateSums = ["rate_mean_sum", "rate_mean_count"];
const extremes = ["cents_min", "rate_max", "weight_min"];
const outcomeTables = ["orders_verdicts_1m", "orders_verdicts_1h"];
const wrongOutcomes = outcomeTables.flatMap((table) => wrong(table, ["records"]));
const missingOutcomes = outcomeTables.map((table) => `${table} missing-row`);
const otherWindows = ["orders_1m missing-row", "orders_1m unexpected-row"];

const swapped: Readonly<Record<string, string>> = { Aarhus: "Odense", Odense: "Aarhus" };

export const ordersFaults: readonly OrdersFault[] = [
  {
    name: "a lost record",
    injection: lostRecord,
    finds: [
      "orders missing-row",
      ...wrong("orders_1h", ["orders", "rate"]),
      ...wrong("orders_1m", [...sums, ...rateSums, "cents_min", "weight_min"]),
      ...wrongOutcomes,
      ...wrong("tidemark.checkpoints", ["read", "counted", "skipped"]),
    ],
  },
  { name: "a skipped partition", injection: skippedPartition, finds: ["tidemark.checkpoints no-checkpoint"] },
  {
    name: "a first claim that passes over the start of the log",
    injection: startPassedOver,
    finds: ["tidemark.checkpoints.start_offset wrong-value"],
  },
  {
    name: "a lateness off by one ms",
    injection: latenessOffByOne,
    finds: [
      "orders unexpected-row",
      "orders_late missing-row",
      ...wrong("orders_late", ["missed_by_ms"]),
      // The order that is counted has no rate, and is not the least of its window.
      ...wrong("orders_1h", ["orders"]),
      ...wrong("orders_1m", sums),
      ...missingOutcomes,
      ...wrongOutcomes,
      ...wrong("tidemark.checkpoints", ["counted", "late"]),
    ],
  },
  {
    name: "dedup off",
    injection: dedupOff,
    finds: [
      "orders unexpected-row",
      ...wrong("orders_1h", ["orders", "rate"]),
      ...wrong("orders_1m", [...sums, ...rateSums]),
      ...missingOutcomes,
      ...wrongOutcomes,
      ...wrong("tidemark.checkpoints", ["counted", "duplicate"]),
    ],
  },
  {
    name: "a checkpoint committed twice",
    injection: committedTwice,
    finds: ["orders repeated-row", "orders_late repeated-row", "orders_rejected repeated-row", ...wrongOutcomes],
  },
  { name: "a late row that is in the raw table too", injection: lateRowCounted, finds: ["orders unexpected-row"] },
  { name: "a reject swallowed", injection: rejectSwallowed, finds: ["orders_rejected missing-row"] },
  {
    name: "a duplicate counted as a counted event",
    injection: duplicateCountedByArrival,
    finds: [...missingOutcomes, ...wrongOutcomes],
  },
  {
    name: "two swapped shops",
    injection: changedEvent((event) => ({ ...event, shop: swapped[String(event["shop"])] })),
    finds: [
      ...wrong("orders", ["shop"]),
      ...wrong("orders_late", ["shop"]),
      ...otherWindows,
      // Both shops have as many orders a minute.
      ...wrong("orders_1m", ["cents", "cents_mean_sum", "weighed", ...rateSums, ...extremes]),
    ],
  },
  {
    name: "a sum stored as a mean",
    injection: changedRollups(({ rollup, figures }) =>
      rollup === "orders_1h"
        ? { figures: { ...figures, rate: Number(figures["rate"]) / Number(figures["orders"]) } }
        : {},
    ),
    finds: wrong("orders_1h", ["rate"]),
  },
  {
    name: "windows stored under their end",
    injection: changedMinutes(({ windowStartMs }) => ({ windowStartMs: windowStartMs + 60_000 })),
    finds: [...otherWindows, ...wrong("orders_1m", [...sums, ...rateSums, ...extremes])],
  },
  { name: "a lost row", injection: changedOrder(() => []), finds: ["orders missing-row"] },
  { name: "a repeated row", injection: changedOrder((row) => [row, row]), finds: ["orders repeated-row"] },
  {
    name: "a decimal",
    injection: changedOrder((row) => [{ ...row, price: "7.51" }]),
    finds: wrong("orders", ["price"]),
  },
  {
    name: "a bigint",
    injection: changedOrder((row) => [{ ...row, serial: (row["serial"] as bigint) + 1n }]),
    finds: wrong("orders", ["serial"]),
  },
  { name: "a date", injection: changedOrder((row) => [{ ...row, day: null }]), finds: wrong("orders", ["day"]) },
  {
    name: "an array",
    injection: changedOrder((row) => [{ ...row, tags: [...(row["tags"] as readonly string[]), "x"] }]),
    finds: wrong("orders", ["tags"]),
  },
  {
    name: "JSON",
    injection: changedOrder((row) => [{ ...row, more: { ...(row["more"] as object), at: 8 } }]),
    finds: wrong("orders", ["more"]),
  },
  {
    name: "a microsecond",
    injection: changedOrder((row) => [{ ...row, placedAt: String(row["placedAt"]).replace("789123", "790123") }]),
    finds: wrong("orders", ["placed_at"]),
  },
  {
    name: "a least value",
    injection: changedMinutes(({ figures }) => ({ figures: { ...figures, weight_min: Number.NaN } })),
    finds: wrong("orders_1m", ["weight_min"]),
  },
  {
    name: "a mean",
    injection: changedMinutes(({ figures }) => ({
      figures: { ...figures, rate_mean_count: Number(figures["rate_mean_count"]) + 1 },
    })),
    finds: wrong("orders_1m", ["rate_mean_count"]),
  },
  {
    name: "a key",
    injection: changedMinutes(({ keys }) => ({ keys: keys.map((key) => (key === "Odense" ? "Skagen" : key)) })),
    finds: otherWindows,
  },
  {
    name: "a reason",
    injection: changedReject("tombstone", "invalid"),
    finds: wrong("orders_rejected", ["reason"]),
  },
  {
    name: "a row that is said to be refused",
    injection: changedReject("tombstone", "refused"),
    finds: wrong("orders_rejected", ["reason"]),
  },
  {
    name: "an outcome",
    injection: aroundSink({
      checkpoint: ({ added = [], ...checkpoint }) => ({
        ...checkpoint,
        added: added.map(({ tally, rows }) => ({
          tally,
          rows: rows.map((row) => (tally === "orders_verdicts_1h" ? { ...row, count: row.count + 1 } : row)),
        })),
      }),
    }),
    finds: wrong("orders_verdicts_1h", ["records"]),
  },
  {
    name: "a ledger",
    injection: aroundSink({
      checkpoint: ({ ledger, ...checkpoint }) => ({
        ...checkpoint,
        ledger: { ...ledger, counted: ledger.counted - 1, refused: ledger.refused + 1 },
      }),
    }),
    finds: wrong("tidemark.checkpoints", ["counted", "refused"]),
  },
];
