import {
  createPartitionOracle,
  type Judgement,
  type LogRecord,
  type OracleDefinition,
  type OracleFieldType,
  type OracleWindow,
  type PartitionOracle,
} from "../../src/oracle/index.js";

const aggregates = {
  events: { kind: "count" },
  items: { kind: "sum", field: "items", of: "integer" },
  sold_rate_sum: { kind: "sum", field: "sold_rate", of: "double" },
  sold_rate_count: { kind: "count-non-null", field: "sold_rate" },
} as const;

/** An order of a shop, and how many looked at its offer. */
export interface Order {
  readonly orderNo: string;
  readonly shop: string;
  readonly channel: string;
  readonly cents: number;
  readonly items: number;
  readonly views: number;
  readonly lefts: number;
  readonly sold: number;
  /** Epoch seconds. */
  readonly placedAt: number;
}

const name = { kind: "text", trim: true, minLength: 1, maxLength: 100 } as const;
const count = { kind: "integer", min: 0, max: 2_147_483_647 } as const;
const fieldOf = (field: string, type: OracleFieldType) => ({ name: field, type, nullable: false, optional: false });

/** Windows of 5 s per shop, of 1 min over all; watermark 10 s behind, 2 s of lateness, 3 s of skew. */
export const smallDefinition: OracleDefinition = {
  fields: [
    fieldOf("orderNo", { kind: "uuid" }),
    fieldOf("shop", name),
    fieldOf("channel", name),
    ...["cents", "items", "views", "lefts", "sold"].map((field) => fieldOf(field, count)),
    fieldOf("placedAt", { kind: "time", unit: "s", min: 0, max: 253_402_300_799 }),
  ],
  id: "orderNo",
  time: { field: "placedAt", unit: "s" },
  rates: [
    { name: "sold_rate", numerator: "sold", denominator: "views", scale: 100 },
    { name: "left_rate", numerator: "lefts", denominator: "views", scale: 100 },
  ],
  watermarkDelayMs: 10_000,
  allowedLatenessMs: 2_000,
  maxFutureSkewMs: 3_000,
  rollups: [
    { name: "five", window: { kind: "tumbling", sizeMs: 5_000 }, keys: ["shop"], aggregates },
    { name: "minute", window: { kind: "tumbling", sizeMs: 60_000 }, keys: [], aggregates },
  ],
};

/** The UUID of a small number. */
export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

export function encode(order: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(order));
}

/** What stands in a log at one offset; null for bytes that are no event. `timestampMs` is -1 where it is not given. */
export interface Entry {
  readonly event: Order | null;
  readonly timestampMs?: number;
}

/** An event of Bogor on X at second `placedAt`, with the number `id` and what else is given. */
export function eventAt(placedAt: number, id: number, more: Partial<Order> = {}): Order {
  const counters = { cents: 1, items: 2, views: 10, lefts: 3, sold: 4 };
  return { orderNo: idOf(id), shop: "Bogor", channel: "X", ...counters, placedAt, ...more };
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
