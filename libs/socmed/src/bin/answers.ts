import { createHash } from "node:crypto";
import type { ScenarioRecord } from "../scenario/index.js";
import {
  createAnswering,
  type Judgement,
  type Located,
  type OracleDefinition,
  type OracleWindow,
  type Timed,
} from "@tidemark/scenario/oracle";
import { socmedData } from "../pipeline.js";
import { aggregateColumns, type TableName } from "./tables.js";

/** The tables that a pipeline should make of the records, row by row. */
export interface Answers {
  take(record: ScenarioRecord, at: Located): void;
  /** The windows that are left, and the checkpoints. */
  finish(): void;
}

export interface AnswersOptions {
  readonly definition: OracleDefinition;
  readonly partitions: number;
  readonly onRow: (table: TableName, row: object) => void;
}

/**
 * Events are in the order of the stream. Windows are given once nothing can change them: of one partition and table by
 * start, city and platform, partitions interleaved.
 */
export function createAnswers({ definition, partitions, onRow }: AnswersOptions): Answers {
  const answering = createAnswering({
    definition,
    partitions,
    onJudged: (judgement, { value }, at) => giveJudged(judgement, value, at, onRow),
    onWindows(windows, partition) {
      for (const window of windows.toSorted(byStartAndKeys)) {
        onRow(window.rollup as TableName, windowRow(window, partition));
      }
    },
  });
  return {
    take: answering.take,
    finish() {
      for (const [partition, end] of answering.finish().partitions.entries()) {
        const { refused: _, ...ledger } = end.ledger;
        onRow("checkpoints", {
          partition,
          start_offset: 0,
          next_offset: end.nextOffset,
          watermark: isoOf(end.watermarkMs),
          max_event_time: isoOf(end.maxEventTimeMs),
          ...ledger,
          skipped: 0,
          lost: 0,
        });
      }
    },
  };
}

/** Of a rejected value, in its row. */
const KEPT_BYTES = 4_096;

function giveJudged(judgement: Judgement, value: Uint8Array | null, at: Located, onRow: AnswersOptions["onRow"]): void {
  switch (judgement.kind) {
    case "counted":
      onRow("socmed_user_sales", eventRow(judgement, at));
      break;
    case "duplicate":
    case "refused":
      break;
    case "late":
      onRow("socmed_late", {
        ...eventRow(judgement, at),
        watermark: isoOf(judgement.watermarkMs),
        missed_by_ms: judgement.missedByMs,
      });
      break;
    case "quarantined":
    case "rejected": {
      const { partition, offset } = at;
      const { reason, field } = judgement.kind === "rejected" ? judgement : { reason: "future", field: "Ts" };
      const bytes = value && Buffer.from(value.subarray(0, KEPT_BYTES)).toString("base64");
      onRow("socmed_rejected", {
        partition,
        offset,
        bytes,
        byte_length: value?.length ?? null,
        sha256: value && createHash("sha256").update(value).digest("base64"),
        reason,
        field,
        watermark: isoOf(judgement.watermarkMs),
      });
      break;
    }
  }
}

/** The columns of the event and its rates. */
const columns = Object.entries(socmedData.tables.columns).map(([property, { name }]) => ({ property, name }));

function eventRow({ row, timeMs }: Timed, { partition, offset }: Located) {
  const valueOf = (property: string) => (property === socmedData.time.field ? isoOf(timeMs) : row[property]);
  const values = Object.fromEntries(columns.map(({ property, name }) => [name, valueOf(property)]));
  return { ...values, partition, offset };
}

function windowRow({ windowStartMs, keys, values }: OracleWindow, partition: number): object {
  const [kota, sosial_media] = keys;
  const sums = Object.fromEntries(aggregateColumns.map((name, at) => [name, values[at]]));
  return { partition, window_start: isoOf(windowStartMs), kota, sosial_media, ...sums };
}

/** By start, city and platform: texts by code units, as in every locale. Rollups have tables of their own, so they may mix. */
function byStartAndKeys(a: OracleWindow, b: OracleWindow): number {
  if (a.windowStartMs !== b.windowStartMs) return a.windowStartMs - b.windowStartMs;
  for (const [at, key] of a.keys.entries()) {
    const other = b.keys[at] as string;
    if (key !== other) return key < other ? -1 : 1;
  }
  return 0;
}

function isoOf(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}
