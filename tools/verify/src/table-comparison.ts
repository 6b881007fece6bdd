import { getTableConfig } from "drizzle-orm/pg-core";
import type { Judgement, OracleDefinition, OracleRollup, OracleWindow } from "@tidemark/scenario/oracle";
import {
  socmed1h,
  socmed1m,
  socmed5s,
  socmedLate,
  socmedRejected,
  socmedUserSales,
  socmedVerdicts1h,
  socmedVerdicts1m,
} from "@tidemark/socmed/tables";
import { badDefinition } from "./errors.js";
import type { ReadRecord } from "./log-reader.js";
import { createRowComparison, type ComparisonContext, type ExpectedRow, type RecordTable } from "./row-comparison.js";
import type { RetentionBoundary } from "./retention.js";
import { findUnclaimedTopics, findUnnamedRollup } from "./unspoken-rows.js";
import { createVerdictComparison } from "./verdict-comparison.js";
import { compareView, type ViewSummary } from "./view-comparison.js";
import { createWindowComparison } from "./window-comparison.js";

const raw: RecordTable = { table: socmedUserSales, age: "Ts", ignored: [] };
const late: RecordTable = { table: socmedLate, age: "watermark", ignored: [] };
// What was expected and received there is said for people, in words that may change.
const rejected: RecordTable = { table: socmedRejected, age: "watermark", ignored: ["expected", "received"] };

const rollupTables = new Map([socmed5s, socmed1m, socmed1h].map((table) => [getTableConfig(table).name, table]));

const verdictTables = [
  { table: socmedVerdicts1m, sizeMs: 60_000 },
  { table: socmedVerdicts1h, sizeMs: 3_600_000 },
];

const recordTables = [raw, late, rejected].map(({ table }) => table);
const allTables = [...recordTables, ...rollupTables.values(), ...verdictTables.map(({ table }) => table)];

/** Their names. */
export const recordTableNames = recordTables.map((table) => getTableConfig(table).name);

/** A record and what becomes of it. */
export interface JudgedRecord {
  readonly record: ReadRecord;
  readonly judgement: Judgement;
}

/** What was compared of one table. */
export interface TableSummary {
  readonly table: string;
  readonly compared: number;
  readonly leftOut: number;
}

/** Compares all tables that hold rows, partition by partition and in the order of the log. */
export interface TableComparison {
  /** Rows of all records below `upTo`, and windows that can't change any more. */
  compare(
    partition: number,
    judged: readonly JudgedRecord[],
    windows: readonly OracleWindow[],
    upTo: number,
  ): Promise<void>;
  /** Nothing more is expected in partitions up to this one. */
  finish(partition: number): Promise<void>;
  /** What no single partition tells: the views over all, and rows that no checkpoint or definition speaks for. Last. */
  compareRest(): Promise<readonly ViewSummary[]>;
  summarise(): readonly TableSummary[];
}

export interface TableComparisonContext extends Omit<ComparisonContext, "retention"> {
  readonly definitions: ReadonlyMap<string, OracleDefinition>;
  readonly retention: ReadonlyMap<string, RetentionBoundary>;
}

/** @throws CannotVerifyError `bad-definition` where a rollup has no table, or its table lacks a column */
export function createTableComparison({ definitions, retention, ...context }: TableComparisonContext): TableComparison {
  const contextOf = (table: string): ComparisonContext => ({ ...context, retention: retention.get(table) });
  const rowsOf = (table: RecordTable) => createRowComparison(table, contextOf(getTableConfig(table.table).name));
  const rows = { raw: rowsOf(raw), late: rowsOf(late), rejected: rowsOf(rejected) };
  const [firstHash = ""] = definitions.keys();
  const windowsOf = ([hash, rollup]: readonly [string, OracleRollup]) => {
    const table = rollupTables.get(rollup.name);
    if (table === undefined) throw badDefinition(hash, `there is no table ${rollup.name}`);
    return createWindowComparison(rollup, table, hash, contextOf(rollup.name));
  };
  const rollups = new Map<string, readonly [string, OracleRollup]>();
  for (const [hash, definition] of definitions) {
    for (const rollup of definition.rollups) {
      // Where there are several definitions, which is a difference by itself, the first counts.
      if (!rollups.has(rollup.name)) rollups.set(rollup.name, [hash, rollup]);
    }
  }
  const windows = [...rollups.values()].map(windowsOf);
  const verdicts = verdictTables.map((table) => createVerdictComparison(context, table));
  const all = [rows.raw, rows.late, rows.rejected, ...windows];

  return {
    async compare(partition, judged, ended, upTo) {
      const expected = sortOut(judged);
      for (const comparison of verdicts) comparison.take(judged);
      await rows.raw.compare(partition, expected.raw, upTo);
      await rows.late.compare(partition, expected.late, upTo);
      await rows.rejected.compare(partition, expected.rejected, upTo);
      for (const comparison of windows) {
        const own = ended.filter(({ rollup }) => rollup === comparison.table);
        if (own.length > 0) await comparison.compare(partition, own);
      }
    },
    async finish(partition) {
      for (const comparison of [...all, ...verdicts]) await comparison.finish(partition);
    },
    async compareRest() {
      const views: ViewSummary[] = [];
      for (const [name, table] of rollupTables) {
        const [hash = "", rollup] = rollups.get(name) ?? [];
        const allowedLatenessMs = definitions.get(hash)?.allowedLatenessMs ?? 0;
        if (rollup !== undefined) views.push(await compareView(rollup, table, { ...context, allowedLatenessMs }));
        else await findUnnamedRollup(context, table, firstHash);
      }
      await findUnclaimedTopics(context, allTables);
      return views;
    },
    summarise: () => [
      ...all.map(({ table, compared, leftOut }) => ({ table, compared, leftOut })),
      ...verdicts.map(({ table, compared }) => ({ table, compared, leftOut: 0 })),
    ],
  };
}

/** Which table holds a row for which record. Duplicates are in none. */
function sortOut(judged: readonly JudgedRecord[]) {
  const expected = { raw: [] as ExpectedRow[], late: [] as ExpectedRow[], rejected: [] as ExpectedRow[] };
  for (const { record, judgement } of judged) {
    const { offset, value: bytes } = record;
    if (judgement.kind === "counted") {
      expected.raw.push({ offset, row: { ...judgement.row } });
    } else if (judgement.kind === "late") {
      const { row, watermarkMs: watermark, missedByMs: missed_by_ms } = judgement;
      expected.late.push({ offset, row: { ...row, watermark, missed_by_ms } });
    } else if (judgement.kind === "rejected" || judgement.kind === "quarantined") {
      const { reason, field } = judgement.kind === "rejected" ? judgement : { reason: "future", field: "Ts" };
      expected.rejected.push({ offset, row: { bytes, reason, field, watermark: judgement.watermarkMs } });
    }
  }
  return expected;
}
