import { createHash } from "node:crypto";
import type { Judgement, OracleWindow, PartitionOracle } from "@tidemark/scenario/oracle";
import { mergedSinceSizeMs } from "@tidemark/sinks/tables";
import { compareClosed } from "./closed-comparison.js";
import type { ClosedTo } from "./closed-to.js";
import type { ReadRecord } from "./log-reader.js";
import { createRowComparison, type ComparisonContext, type ExpectedRow } from "./row-comparison.js";
import type { RetentionBoundary } from "./retention.js";
import type { PipelineTables, StoredTable } from "./stored-table.js";
import { findUnclaimedTopics } from "./unspoken-rows.js";
import { createVerdictComparison } from "./verdict-comparison.js";
import { compareView, type ViewContext, type ViewSummary } from "./view-comparison.js";
import { createWindowComparison } from "./window-comparison.js";

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
  /** At least so many rows are not there for what was left out: closed windows of several partitions share one. */
  readonly leftOutRows: number;
}

/** What was compared beside the tables that hold rows of partitions. */
export interface RestSummary {
  readonly views: readonly ViewSummary[];
  /** Windows of all rollups that are shown as closed, and that a quiet partition can still change. */
  readonly changeable: number;
}

/** Compares all tables that hold rows, partition by partition and in the order of the log. */
export interface TableComparison {
  /** Rows of all records below `upTo`, and windows that can't change any more: that are closed, or all others at the end. */
  compare(
    partition: number,
    judged: readonly JudgedRecord[],
    windows: { readonly ended: readonly OracleWindow[]; readonly areClosed: boolean },
    upTo: number,
  ): Promise<void>;
  /** Nothing more is expected in partitions up to this one. */
  finish(partition: number): Promise<void>;
  /**
   * What no single partition tells: the views over all, and rows that no checkpoint speaks for. Last. `claimed` has the oracles of all
   * partitions that have a checkpoint.
   */
  compareRest(claimed: ReadonlyMap<number, PartitionOracle>, closedTo: ClosedTo | undefined): Promise<RestSummary>;
  summarise(): readonly TableSummary[];
}

export interface TableComparisonContext extends ViewContext {
  readonly tables: PipelineTables;
  /** The field of the event time. */
  readonly timeField: string;
  readonly retention: ReadonlyMap<string, RetentionBoundary>;
  /** Partitions whose rows are not compared, since their log has lost records. */
  readonly leaveOut: readonly number[];
}

export function createTableComparison(context: TableComparisonContext): TableComparison {
  const { tables, timeField, retention } = context;
  const contextOf = ({ name }: StoredTable): ComparisonContext => ({ ...context, retention: retention.get(name) });
  const rows = {
    raw: createRowComparison(tables.raw, contextOf(tables.raw)),
    late: createRowComparison(tables.late, contextOf(tables.late)),
    rejected: createRowComparison(tables.rejected, contextOf(tables.rejected)),
  };
  const coarsestMs = mergedSinceSizeMs(tables.rollups.map(({ rollup }) => rollup));
  const { pipeline } = context;
  const windows = tables.rollups.map((rollup) =>
    createWindowComparison(rollup, { ...contextOf(rollup), pipeline, coarsestMs }),
  );
  const verdicts = tables.verdicts.map((table) => createVerdictComparison(context, table));
  const all = [rows.raw, rows.late, rows.rejected, ...windows];

  return {
    async compare(partition, judged, { ended, areClosed }, upTo) {
      const expected = sortOut(judged, timeField, tables.keptBytes);
      for (const comparison of verdicts) comparison.take(judged);
      await rows.raw.compare(partition, expected.raw, upTo);
      await rows.late.compare(partition, expected.late, upTo);
      await rows.rejected.compare(partition, expected.rejected, upTo);
      for (const comparison of windows) {
        const own = ended.filter(({ rollup }) => rollup === comparison.table);
        if (own.length > 0) await comparison.compare(partition, own, areClosed);
      }
    },
    async finish(partition) {
      for (const comparison of [...all, ...verdicts]) await comparison.finish(partition);
    },
    async compareRest(claimed, closedTo) {
      const [partitions, oracles] = [[...claimed.keys()], [...claimed.values()]];
      for (const comparison of windows) await comparison.finishMerged(partitions, closedTo);
      let changeable = 0;
      const views: ViewSummary[] = [];
      for (const rollup of tables.rollups) {
        views.push(await compareView(rollup, context));
        // A partition that is left out may take another event for a window, or may not.
        if (context.leaveOut.length === 0) changeable += await compareClosed(rollup, oracles, closedTo, context);
      }
      await findUnclaimedTopics(context, tables.derived);
      return { views, changeable };
    },
    summarise: () => [
      ...[...Object.values(rows), ...verdicts.map(({ table, compared }) => ({ table, compared, leftOut: 0 }))].map(
        ({ table, compared, leftOut }) => ({ table, compared, leftOut, leftOutRows: leftOut }),
      ),
      ...windows.map(({ table, compared, leftOut, leftOutRows }) => ({ table, compared, leftOut, leftOutRows })),
    ],
  };
}

/** Which table holds a row for which record. Duplicates are in none. */
function sortOut(judged: readonly JudgedRecord[], timeField: string, keptBytes: number) {
  const expected = { raw: [] as ExpectedRow[], late: [] as ExpectedRow[], rejected: [] as ExpectedRow[] };
  for (const { record, judgement } of judged) {
    const { offset, value } = record;
    if (judgement.kind === "duplicate") continue;
    if (judgement.kind === "counted") {
      expected.raw.push({ offset, ageMs: judgement.timeMs, row: judgement.row });
      continue;
    }
    const { watermarkMs } = judgement;
    if (judgement.kind === "late") {
      const row = { ...judgement.row, watermark: watermarkMs, missed_by_ms: judgement.missedByMs };
      expected.late.push({ offset, ageMs: watermarkMs, row });
    } else {
      const row = { ...valueOf(value, keptBytes), ...reasonOf(judgement, timeField), watermark: watermarkMs };
      expected.rejected.push({ offset, ageMs: watermarkMs, row });
    }
  }
  return expected;
}

/** The start of the value that is kept, and what stands for the rest. */
function valueOf(value: Uint8Array | null, keptBytes: number): Readonly<Record<string, unknown>> {
  if (value === null) return { bytes: null, byte_length: null, sha256: null };
  const sha256 = createHash("sha256").update(value).digest();
  return { bytes: value.subarray(0, keptBytes), byte_length: value.length, sha256 };
}

function reasonOf(
  judgement: Extract<Judgement, { readonly kind: "rejected" | "quarantined" | "refused" }>,
  timeField: string,
): { readonly reason: string; readonly field: string | null } {
  if (judgement.kind === "refused") return { reason: "refused", field: null };
  if (judgement.kind === "quarantined") return { reason: "future", field: timeField };
  return { reason: judgement.reason, field: judgement.field };
}
