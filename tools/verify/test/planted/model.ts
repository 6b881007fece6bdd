import { createHash } from "node:crypto";
import { socmedEvent, type SocmedEvent } from "@tidemark/socmed";
import type { ScenarioRecord } from "@tidemark/socmed/scenario";
import { showValue } from "../../src/column.js";

const { decode } = socmedEvent;

/** A row that a table has to hold, its values as the verifier tells them. */
export interface ModelRow {
  readonly table: string;
  readonly partition: number;
  readonly where: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface PlacedRecord extends ScenarioRecord {
  readonly partition: number;
  readonly offset: number;
}

/** What the pipeline goes by, each rule so that one mistake can break it alone. */
export interface Rules {
  readonly isRead: (record: PlacedRecord) => boolean;
  readonly windowStart: (timeMs: number, sizeMs: number) => number;
  readonly allowedLatenessMs: number;
  readonly knowsIds: boolean;
  readonly rate: (part: number, whole: number) => number | null;
  readonly platform: (name: string) => string;
  /** Which events the raw table holds. */
  readonly raw: readonly ("counted" | "late")[];
  /** How often the first event of a window counts there. */
  readonly firstCounts: number;
  /** What a rollup holds of its rates. */
  readonly rateSum: (sum: number, events: number) => number;
  readonly keepsReject: (record: PlacedRecord) => boolean;
  /** How often each row is written that is no window's, and each count is added. */
  readonly copies: number;
  /** Which bucket a late event is counted in that missed its window by so much. */
  readonly isBelow: (missedByMs: number, limitMs: number) => boolean;
  /** What a checkpoint says is the offset of the newest record that was read. */
  readonly lastOffset: (offset: number) => number;
  /** What a record is counted as by minute of its arrival. */
  readonly talliedAs: (verdict: string) => string;
}

/** What the verifier must make of a mistake. */
export interface ExpectedFindings {
  readonly name: string;
  /** Every kind of difference, as `table[.column] kind`, and so none besides. */
  readonly finds: readonly string[];
  /** The same mistake in the model, which says how many differences there are, where, and what each says. */
  readonly inModel: Partial<Rules>;
}

const soundRules: Rules = {
  isRead: () => true,
  windowStart: (timeMs, sizeMs) => timeMs - (timeMs % sizeMs),
  allowedLatenessMs: 0,
  knowsIds: true,
  rate: (part, whole) => (whole === 0 ? null : (part / whole) * 100),
  platform: (name) => name,
  raw: ["counted"],
  firstCounts: 1,
  rateSum: (sum) => sum,
  keepsReject: () => true,
  copies: 1,
  isBelow: (missedByMs, limitMs) => missedByMs < limitMs,
  lastOffset: (offset) => offset,
  talliedAs: (verdict) => verdict,
};

const delayMs = 300_000;
const skewMs = 60_000;
/** The window that judges events is the first one's. */
const baseMs = 5_000;
const rollups = [
  ["socmed_5s", baseMs],
  ["socmed_1m", 60_000],
  ["socmed_1h", 3_600_000],
] as const;
const tallies = [
  ["socmed_verdicts_1m", 60_000],
  ["socmed_verdicts_1h", 3_600_000],
] as const;

const time = (ms: number) => (ms === -Infinity ? "NULL" : new Date(ms).toISOString().replace(/\.000Z$/, "Z"));
const showAll = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).map(([column, value]) => [column, showValue(value)]));

/** What the tables hold of the records, which are in the order of their log; by default with no mistake. */
export function modelTables(records: readonly PlacedRecord[], broken: Partial<Rules> = {}): ModelRow[] {
  const rules = { ...soundRules, ...broken };
  return [...new Set(records.map(({ partition }) => partition))].flatMap((partition) => {
    const own = records.filter((record) => record.partition === partition);
    return modelPartition(partition, own, rules);
  });
}

function modelPartition(partition: number, all: readonly PlacedRecord[], rules: Rules): ModelRow[] {
  const records = all.filter(rules.isRead);
  // A partition of which nothing is read is none that anybody has claimed.
  if (records.length === 0) return [];
  const rows: ModelRow[] = [];
  const ledger = { read: 0, counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0 };
  const windows = new Map<string, ModelWindow>();
  const tally = tallies.map(([table, sizeMs]) => ({ table, sizeMs, counts: new Map<string, number>() }));
  const idsUntil = new Map<string, number>();
  let newestMs = -Infinity;

  function add(table: string, offset: number, values: Readonly<Record<string, unknown>>): void {
    const row = { table, partition, where: `offset ${offset}`, values: showAll(values) };
    for (let copy = 0; copy < rules.copies; copy += 1) rows.push(row);
  }

  function addToTally(timestampMs: number, verdict: string, detail = ""): void {
    for (const { sizeMs, counts } of tally) {
      const start = time(timestampMs - (timestampMs % sizeMs));
      const where = `window ${[start, rules.talliedAs(verdict), ...(detail === "" ? [] : [detail])].join(", ")}`;
      counts.set(where, (counts.get(where) ?? 0) + rules.copies);
    }
  }

  /** The watermark from which on the event is late. */
  const openUntil = ({ Ts }: SocmedEvent) => rules.windowStart(Ts * 1000, baseMs) + baseMs + rules.allowedLatenessMs;

  function judge({ event, timestampMs }: PlacedRecord): Exclude<keyof typeof ledger, "read"> {
    if (event === null) return "rejected";
    if (event.Ts * 1000 > timestampMs + skewMs) return "quarantined";
    const untilMs = openUntil(event);
    if (untilMs <= newestMs - delayMs) return "late";
    if (rules.knowsIds && (idsUntil.get(event.ID) ?? -Infinity) > newestMs - delayMs) return "duplicate";
    idsUntil.set(event.ID, untilMs);
    return "counted";
  }

  for (const record of records) {
    const verdict = judge(record);
    const { offset, value, event } = record;
    const watermarkMs = newestMs - delayMs;
    ledger.read += 1;
    ledger[verdict] += 1;
    if (event === null || verdict === "quarantined") {
      const decoded = decode(value);
      const { reason, field } = decoded.ok ? { reason: "future", field: "Ts" } : decoded.rejection;
      const sha256 = value && createHash("sha256").update(value).digest();
      const row = {
        bytes: value && value.subarray(0, 4_096),
        byte_length: value?.length ?? null,
        sha256,
        reason,
        field,
        watermark: time(watermarkMs),
      };
      addToTally(record.timestampMs, verdict, reason);
      if (rules.keepsReject(record)) add("socmed_rejected", offset, row);
      continue;
    }
    const row = eventRow(event, rules);
    if (rules.raw.some((kind) => kind === verdict)) add("socmed_user_sales", offset, row);
    if (verdict === "late") {
      const missedByMs = watermarkMs - openUntil(event);
      add("socmed_late", offset, { ...row, watermark: time(watermarkMs), missed_by_ms: missedByMs });
      addToTally(record.timestampMs, verdict, bucketOf(missedByMs, rules));
    } else addToTally(record.timestampMs, verdict);
    if (verdict === "counted") addToWindows(windows, event, row, rules);
    newestMs = Math.max(newestMs, event.Ts * 1000);
  }
  for (const { table, where, values } of windows.values()) {
    const sums = { conversion_rate_sum: rules.rateSum(values.conversion_rate_sum, values.events) };
    const more = { bounce_rate_sum: rules.rateSum(values.bounce_rate_sum, values.events) };
    rows.push({ table, partition, where, values: showAll({ ...values, ...sums, ...more }) });
  }
  for (const { table, counts } of tally) {
    for (const [where, count] of counts) rows.push({ table, partition, where, values: showAll({ records: count }) });
  }
  const checkpoint = {
    ...ledger,
    skipped: all.length - records.length,
    lost: 0,
    watermark: time(newestMs - delayMs),
    max_event_time: time(newestMs),
    last_record: lastRecord(records.at(-1), rules),
  };
  const where = `checkpoint at ${all.length}`;
  return [...rows, { table: "tidemark.checkpoints", partition, where, values: showAll(checkpoint) }];
}

/** As the verifier shows it: properties by name. */
function lastRecord(record: PlacedRecord | undefined, { lastOffset }: Rules): string | null {
  if (record === undefined) return null;
  const { key, value, timestampMs } = record;
  const parts = [key === null ? null : Buffer.from(key), value].flatMap((bytes) =>
    bytes === null ? [Buffer.from("-1:")] : [Buffer.from(`${bytes.length}:`), bytes],
  );
  const digest = createHash("sha256").update(Buffer.concat(parts)).digest("hex").slice(0, 32);
  return JSON.stringify({ digest, offset: lastOffset(record.offset), timestampMs });
}

function bucketOf(missedByMs: number, { isBelow }: Rules): string {
  if (isBelow(missedByMs, 1_000)) return "under 1 s";
  if (isBelow(missedByMs, 10_000)) return "1 to 10 s";
  if (isBelow(missedByMs, 60_000)) return "10 s to 1 min";
  if (isBelow(missedByMs, 600_000)) return "1 to 10 min";
  return isBelow(missedByMs, 3_600_000) ? "10 min to 1 h" : "1 h or more";
}

function eventRow(event: SocmedEvent, { rate, platform }: Rules) {
  return {
    id: event.ID,
    kota: event.Kota,
    sosial_media: platform(event.Sosial_Media),
    usage_count: event.Usage_Count,
    sales: event.Sales,
    visitors: event.Visitors,
    page_visitors: event.PageVisitors,
    conversion: event.Conversion,
    ts: time(event.Ts * 1000),
    conversion_rate: rate(event.Conversion, event.Visitors),
    bounce_rate: rate(event.PageVisitors, event.Visitors),
  };
}

const noEvents = {
  events: 0,
  usage_count: 0,
  sales: 0,
  visitors: 0,
  page_visitors: 0,
  conversion: 0,
  conversion_rate_sum: 0,
  conversion_rate_count: 0,
  bounce_rate_sum: 0,
  bounce_rate_count: 0,
};

interface ModelWindow extends Pick<ModelRow, "table" | "where"> {
  readonly values: typeof noEvents;
}

function addToWindows(
  windows: Map<string, ModelWindow>,
  event: SocmedEvent,
  row: ReturnType<typeof eventRow>,
  { windowStart, firstCounts }: Rules,
): void {
  for (const [table, sizeMs] of rollups) {
    const start = time(windowStart(event.Ts * 1000, sizeMs));
    const where = `window ${start}, ${row.kota}, ${row.sosial_media}`;
    const known = windows.get(`${table} ${where}`);
    const window = known ?? { table, where, values: { ...noEvents } };
    windows.set(`${table} ${where}`, window);
    for (let left = known === undefined ? firstCounts : 1; left > 0; left -= 1) addOnce(window.values, row);
  }
}

function addOnce(values: typeof noEvents, row: ReturnType<typeof eventRow>): void {
  values.events += 1;
  for (const name of ["usage_count", "sales", "visitors", "page_visitors", "conversion"] as const) {
    values[name] += row[name];
  }
  for (const name of ["conversion_rate", "bounce_rate"] as const) {
    values[`${name}_sum`] += row[name] ?? 0;
    values[`${name}_count`] += row[name] === null ? 0 : 1;
  }
}
