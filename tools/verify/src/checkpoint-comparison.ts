import { getTableColumns } from "drizzle-orm";
import { checkpoints } from "@tidemark/sinks/tables";
import type { PartitionOracle } from "@tidemark/scenario/oracle";
import { compareColumn, isSame, showValue } from "./column.js";
import type { Findings, What } from "./findings.js";
import { lastRecordOf } from "./last-record.js";
import type { ReadRecord } from "./log-reader.js";
import { derivedColumns, type DerivedColumn, type StoredCheckpoint } from "./snapshot.js";

export const checkpointTable = "tidemark.checkpoints";

const kind = (what: What, column: string | null = null) =>
  ({ link: "log-tables", what, table: checkpointTable, column }) as const;

const columns = getTableColumns(checkpoints);
const compared = derivedColumns.map((derived) => ({
  derived,
  ...compareColumn({ property: derived, name: columns[derived].name, type: columns[derived].getSQLType() }),
}));

/** Compares what a checkpoint says of its partition with what the log says. Nothing of the log that is there was lost. */
export function compareCheckpoint(
  { partition, nextOffset, columns: stored }: StoredCheckpoint,
  { ledger, watermarkMs, maxEventTimeMs }: Pick<PartitionOracle, "ledger" | "watermarkMs" | "maxEventTimeMs">,
  { skipped, newest }: { readonly skipped: number; readonly newest: ReadRecord | undefined },
  findings: Findings,
): void {
  const expected: Record<DerivedColumn, unknown> = {
    ...ledger,
    skipped,
    lost: 0,
    watermark: watermarkMs,
    maxEventTime: maxEventTimeMs,
    lastRecord: lastRecordOf(newest),
  };
  for (const { derived, name, toStored, fromStored } of compared) {
    const value = toStored(expected[derived]);
    const found = fromStored === undefined ? stored[derived] : fromStored(stored[derived]);
    if (isSame(value, found)) continue;
    findings.add(kind("wrong-value", name), () => ({
      partition,
      where: `checkpoint at ${nextOffset}`,
      expected: showValue(value),
      found: showValue(found),
    }));
  }
}

/** The log's start only rises, so a first claim above it has passed over records that were there. */
export function addLateStart(findings: Findings, partition: number, logStart: number, startOffset: number): void {
  findings.add(kind("wrong-value", columns.startOffset.name), () => ({
    partition,
    where: `offsets ${logStart} to ${startOffset - 1}, which were never read`,
    expected: `at most ${logStart}`,
    found: String(startOffset),
  }));
}

/** The log goes on behind what the consumer has read. */
export function addUnread(findings: Findings, partition: number, nextOffset: number, end: number): void {
  findings.add(kind("unread-records", columns.nextOffset.name), () => ({
    partition,
    where: `from offset ${nextOffset} on`,
    expected: String(end),
    found: String(nextOffset),
  }));
}

export function addNoCheckpoint(findings: Findings, partition: number, start: number, end: number): void {
  findings.add(kind("no-checkpoint"), () => ({
    partition,
    where: `offsets ${start} to ${end - 1}`,
    expected: `a checkpoint at ${end}`,
    found: "none",
  }));
}

export function addOtherDefinition(findings: Findings, partition: number, expected: string, found: string): void {
  findings.add(kind("wrong-value", columns.definitionHash.name), () => ({
    partition,
    where: "checkpoint",
    expected,
    found,
  }));
}
