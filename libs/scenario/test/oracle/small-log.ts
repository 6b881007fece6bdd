import { encode, type SocmedEvent } from "@tidemark/schema";
import {
  createPartitionOracle,
  type Judgement,
  type LogRecord,
  type OracleDefinition,
  type OracleWindow,
  type PartitionOracle,
} from "../../src/oracle/index.js";

const aggregates = {
  events: { kind: "count" },
  sales: { kind: "sum", field: "Sales", of: "integer" },
  conversion_rate_sum: { kind: "sum", field: "conversion_rate", of: "double" },
  conversion_rate_count: { kind: "count-non-null", field: "conversion_rate" },
} as const;

/** Windows of 5 s per city, of 1 min over all; watermark 10 s behind, 2 s of lateness, 3 s of skew. */
export const smallDefinition: OracleDefinition = {
  watermarkDelayMs: 10_000,
  allowedLatenessMs: 2_000,
  maxFutureSkewMs: 3_000,
  rollups: [
    { name: "five", sizeMs: 5_000, keys: ["Kota"], aggregates },
    { name: "minute", sizeMs: 60_000, keys: [], aggregates },
  ],
};

/** The UUID of a small number. */
export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** What stands in a log at one offset; null for bytes that are no event. `timestampMs` is -1 where it is not given. */
export interface Entry {
  readonly event: SocmedEvent | null;
  readonly timestampMs?: number;
}

/** An event of Bogor on X at second `Ts`, with the number `id` and what else is given. */
export function eventAt(Ts: number, id: number, more: Partial<SocmedEvent> = {}): SocmedEvent {
  const counters = { Usage_Count: 1, Sales: 2, Visitors: 10, PageVisitors: 3, Conversion: 4 };
  return { ID: idOf(id), Kota: "Bogor", Sosial_Media: "X", ...counters, Ts, ...more };
}

/** The entries as a partition's log, from offset 0 on. */
export function logOf(entries: readonly Entry[]): LogRecord[] {
  return entries.map(({ event, timestampMs = -1 }, offset) => ({
    offset,
    timestampMs,
    value: event === null ? null : encode(event),
  }));
}

/** An oracle that has taken the entries, and its judgements. */
export function take(
  entries: readonly Entry[],
  changes: Partial<OracleDefinition> = {},
): { readonly oracle: PartitionOracle; readonly judgements: readonly Judgement[] } {
  const oracle = createPartitionOracle({ ...smallDefinition, ...changes });
  return { oracle, judgements: logOf(entries).map((record) => oracle.take(record)) };
}

/** The kinds of judgement of events at these seconds, each with an id of its own. */
export function kindsOf(seconds: readonly number[], changes: Partial<OracleDefinition> = {}): string[] {
  return take(
    seconds.map((second, id) => ({ event: eventAt(second, id) })),
    changes,
  ).judgements.map(({ kind }) => kind);
}

/** The windows of one rollup, as `start keys values` for short. */
export function brief(windows: readonly OracleWindow[], rollup: string): string[] {
  return windows
    .filter((window) => window.rollup === rollup)
    .map(({ windowStartMs, keys, values }) => [windowStartMs, ...keys, ...values].join(" "));
}
