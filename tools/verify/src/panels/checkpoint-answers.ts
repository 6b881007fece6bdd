import { byBytes, type AnswerRow, type Answers } from "./answer.js";
import { percentOf } from "./share.js";
import type { CheckpointRow, LedgerColumn } from "./table-rows.js";

/** Verdicts on records; the others count offsets without one. */
const ofRecords: readonly LedgerColumn[] = [
  "read",
  "counted",
  "duplicate",
  "late",
  "quarantined",
  "rejected",
  "refused",
];
const ofOffsets: readonly LedgerColumn[] = ["skipped", "lost"];

/** What each panel has to show of the checkpoints, whichever time range is looked at. */
export function answerFromCheckpoints(rows: readonly CheckpointRow[], topics: readonly string[]): Answers {
  return {
    ledger: rows.length === 0 ? [] : ledgerOf(rows),
    watermarks: watermarksOf(rows),
    "variable topic": [...new Set(topics)].sort(byBytes).map((name) => ({ name })),
  };
}

function ledgerOf(rows: readonly CheckpointRow[]): AnswerRow[] {
  const total = (column: LedgerColumn) => rows.reduce((sum, { ledger }) => sum + ledger[column], 0n);
  return [...ofRecords, ...ofOffsets].map((kind) => ({
    kind,
    records: Number(total(kind)),
    share: ofRecords.includes(kind) ? percentOf(total(kind), total("read")) : null,
  }));
}

function watermarksOf(rows: readonly CheckpointRow[]): AnswerRow[] {
  const known = rows.flatMap(({ watermarkMs }) => (watermarkMs === null ? [] : [watermarkMs]));
  const holding = rows.flatMap(({ watermarkMs, isQuiet }) => (watermarkMs === null || isQuiet ? [] : [watermarkMs]));
  const lowestMs = Math.min(...holding);
  const highestMs = Math.max(...known);
  return rows
    .toSorted((a, b) => compareWatermarks(a.watermarkMs, b.watermarkMs) || a.partition - b.partition)
    .map(({ partition, watermarkMs, newestMs, nextOffset, committedMs, isQuiet }) => ({
      partition,
      watermark: wholeMs(watermarkMs),
      behind: watermarkMs === null ? null : (highestMs - watermarkMs) / 1000,
      holds: isQuiet ? "quiet" : watermarkMs !== null && watermarkMs === lowestMs ? "holds it" : "",
      newest: wholeMs(newestMs),
      next_offset: Number(nextOffset),
      committed: wholeMs(committedMs),
    }));
}

/** Those without one come first. */
function compareWatermarks(a: number | null, b: number | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  return a - b;
}

/** What a Date holds of a time: its whole ms. */
const wholeMs = (ms: number | null) => (ms === null ? null : Math.floor(ms));
