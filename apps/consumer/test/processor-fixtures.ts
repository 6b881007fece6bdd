import type { SocmedEvent } from "@tidemark/socmed";
import type { Claim } from "@tidemark/sinks";
import type { SourceBatch, SourceRecord } from "@tidemark/sources";
import { EMPTY_LEDGER, withTimes } from "@tidemark/pipeline";
import { createPartitionProcessor, type PartitionProcessor } from "@tidemark/pipeline/parts";
import { socmed } from "@tidemark/socmed";

/** A watermark 20 s behind; an event 10 s ahead of its record is quarantined. */
const pipeline = withTimes(socmed, { watermarkDelayMs: 20_000, allowedLatenessMs: 0, maxFutureSkewMs: 10_000 });

export const createProcessor = (claim: Claim): PartitionProcessor => createPartitionProcessor(pipeline, claim);

/** Epoch s, the start of an hour. */
export const start = 1_706_979_600;
/** A partition that nobody has read yet. */
export const unclaimed: Claim = {
  partition: 0,
  epoch: 1,
  startOffset: 0,
  nextOffset: 0,
  watermarkMs: -Infinity,
  maxEventTimeMs: -Infinity,
  ledger: EMPTY_LEDGER,
  windows: [],
  ids: [],
};

export function eventOf(changes: Partial<SocmedEvent> = {}): SocmedEvent {
  return {
    ID: "352ed520-03fb-4933-9d2f-38019883650d",
    Kota: "Bekasi",
    Sosial_Media: "Instagram",
    Usage_Count: 849,
    Sales: 68,
    Visitors: 835,
    PageVisitors: 161,
    Conversion: 364,
    Ts: start,
    ...changes,
  };
}

export const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
export const recordOf = (offset: number, value: Uint8Array | null, timestampMs = -1): SourceRecord => ({
  offset,
  timestampMs,
  key: null,
  value,
});
export const batchOf = (
  records: readonly SourceRecord[],
  nextOffset: number,
  gaps: Partial<SourceBatch> = {},
): SourceBatch => ({
  records,
  nextOffset,
  skipped: 0,
  lost: 0,
  logEndOffset: nextOffset,
  ...gaps,
});
