import { createHash } from "node:crypto";
import type { PipelineData } from "@tidemark/sinks/tables";
import type { SourceRecord } from "@tidemark/sources";

/** A row of the rejected table. */
export interface RejectedRow {
  readonly offset: number;
  /** The record's value, or its first 4 KiB. */
  readonly bytes: Uint8Array | null;
  /** Of the whole value. */
  readonly byte_length: number | null;
  readonly sha256: Uint8Array | null;
  readonly reason: string;
  readonly field: string | null;
  readonly expected: string;
  readonly received: string;
  /** Epoch ms; null before the first event. */
  readonly watermark: number | null;
}

/** So much of a rejected value is kept, unless the definition keeps all of it. */
const START_BYTES = 4_096;

export type Why = Pick<RejectedRow, "reason" | "field" | "expected" | "received">;

/** Makes rows of the rejected table. */
export function createRejecter({ tables }: PipelineData) {
  const keptBytes = tables.rejectedValues === "whole" ? Infinity : START_BYTES;
  return ({ offset, value }: SourceRecord, why: Why, watermarkMs: number): RejectedRow => ({
    offset,
    bytes: value === null || value.length <= keptBytes ? value : value.subarray(0, keptBytes),
    byte_length: value?.length ?? null,
    sha256: value && createHash("sha256").update(value).digest(),
    reason: why.reason,
    field: why.field,
    expected: why.expected,
    received: why.received,
    watermark: Number.isFinite(watermarkMs) ? watermarkMs : null,
  });
}

export function futureReason(field: string, timeMs: number, aheadMs: number) {
  return {
    reason: "future",
    field,
    expected: `at most ${showTime(timeMs - aheadMs)}, the record's arrival and the allowed skew`,
    received: showTime(timeMs),
  };
}

/** A producer may give its record any int64 as its time: more than a Date can hold. */
function showTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? `${epochMs} ms since 1970` : date.toISOString();
}
