import type { PipelineEvent } from "@tidemark/pipeline";
import type { CheckpointLedger, RefusedRow } from "@tidemark/sinks";

interface Place {
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  readonly watermarkMs: number | null;
  readonly maxEventTimeMs: number | null;
  readonly ledger: CheckpointLedger;
}

/** The first rows of a batch, by column; `count`: how many there are. */
export interface ShownRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly count: number;
}

/** What the job prints with `--events`: one object a line. */
export type JobEvent =
  | (Place & { readonly type: "claimed"; readonly startOffset: number })
  | (Place & {
      readonly type: "committed";
      readonly records: number;
      readonly rows: number;
      readonly durationMs: number;
      readonly logEndOffset: number;
      readonly shown: ShownRows | null;
    })
  | { readonly type: "waiting-for-topic" }
  | { readonly type: "lost"; readonly partition: number; readonly from: number; readonly to: number }
  | { readonly type: "rows-refused"; readonly partition: number; readonly rows: readonly RefusedRow[] }
  | { readonly type: "kafka-unavailable"; readonly reason: string }
  | { readonly type: "query-failed"; readonly reason: string }
  | { readonly type: "failed"; readonly code: string; readonly reason: string };

export type FailedEvent = Extract<JobEvent, { readonly type: "failed" }>;

/** Undefined where the line is something else: Spark and its libraries print too. */
export function parseJobEvent(line: string): JobEvent | undefined {
  if (!line.startsWith('{"type"')) return undefined;
  try {
    return JSON.parse(line) as JobEvent;
  } catch {
    return undefined;
  }
}

const finite = (ms: number | null) => ms ?? -Infinity;

/** As the consumer's pipeline tells it; undefined for what it does not have. */
export function toPipelineEvent(event: JobEvent, topic: string): PipelineEvent | undefined {
  switch (event.type) {
    case "claimed": {
      const { partition, epoch, startOffset, nextOffset, ledger } = event;
      const times = { watermarkMs: finite(event.watermarkMs), maxEventTimeMs: finite(event.maxEventTimeMs) };
      const claim = { partition, epoch, startOffset, nextOffset, ledger, ...times, windows: [], ids: [] };
      return { type: "claimed", partition, claim, reach: { logEndOffset: nextOffset, takenOffset: nextOffset } };
    }
    case "committed": {
      const { partition, epoch, nextOffset, ledger, records, rows, durationMs } = event;
      const times = { watermarkMs: finite(event.watermarkMs), maxEventTimeMs: finite(event.maxEventTimeMs) };
      const checkpoint = { nextOffset, ledger, ...times, lastRecord: undefined, changed: [] };
      return { type: "committed", partition, epoch, checkpoint, records, rows, durationMs };
    }
    case "rows-refused":
      return event;
    case "lost":
      return { type: "gap", kind: "lost", partition: event.partition, from: event.from, to: event.to };
    case "waiting-for-topic":
      return { type: "waiting-for-topic", topic };
    default:
      return undefined;
  }
}
