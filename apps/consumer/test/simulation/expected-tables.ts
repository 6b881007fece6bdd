import { createPartitionOracle, type Judgement } from "@tidemark/scenario/oracle";
import { lateBuckets, type AggregateData } from "@tidemark/sinks/tables";
import { socmed, type SocmedEvent } from "@tidemark/socmed";
import { socmedRollups, socmedVerdictTallies } from "@tidemark/socmed/tables";
import type { PartitionLog, TopicLog } from "./log.js";

/** A partition's rows, each written as text, so that they are compared to the bit. */
export interface PartitionTables {
  readonly raw: readonly string[];
  readonly late: readonly string[];
  readonly rejected: readonly string[];
  /** Sorted. */
  readonly windows: readonly string[];
  /** Sorted. */
  readonly verdicts: readonly string[];
  readonly checkpoint: string;
  /** Of records that were duplicates of another partition's event. */
  readonly copies: readonly string[];
}

/** An event that is counted, or is a copy of one. */
export interface Identified {
  readonly id: string;
  readonly offset: number;
  /** The watermark before it. */
  readonly watermarkMs: number;
  /** The watermark from which its id is free. */
  readonly untilMs: number;
}

export interface ExpectedPartition extends PartitionTables {
  readonly counted: readonly Identified[];
  readonly copied: readonly Identified[];
}

/**
 * What a partition's tables must hold once all below `nextOffset`, and nothing else, has been committed. Those at the offsets `copies`
 * are copies of other partitions' events, if they would be counted otherwise: the log does not say who came first.
 */
export type ExpectedTables = (partition: number, nextOffset: number, copies?: ReadonlySet<number>) => ExpectedPartition;

const NO_COPIES: ReadonlySet<number> = new Set();

/** By the oracle's judgements and plain sums: none of it is the pipeline's own code. */
export function createExpectedTables(topic: TopicLog): ExpectedTables {
  const known = new Map<string, ExpectedPartition>();
  return (partition, nextOffset, copies = NO_COPIES) => {
    const key = `${partition}:${nextOffset}:${[...copies].toSorted().join()}`;
    const tables = known.get(key) ?? tablesAt(judgeAll(topic, partition, copies), nextOffset);
    known.set(key, tables);
    return tables;
  };
}

interface Answers {
  readonly log: PartitionLog;
  readonly keyLimit: TopicLog["keyLimit"];
  readonly judged: readonly Judged[];
}

interface Judged {
  readonly offset: number;
  readonly timestampMs: number;
  readonly bytes: Uint8Array | null;
  readonly judgement: Judgement;
  /** After it. */
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  readonly beforeMs: number;
  readonly untilMs: number;
}

function judgeAll(topic: TopicLog, partition: number, copies: ReadonlySet<number>): Answers {
  const { times, keyLimit } = topic;
  const log = topic.partitions[partition] as PartitionLog;
  const rollups = socmed.data.rollups.map((rollup) => ({ ...rollup, ...(keyLimit && { keyLimit }) }));
  const oracle = createPartitionOracle({ ...socmed.data, ...times, rollups }, (offset, outcome) =>
    copies.has(offset) && (outcome === "counted" || outcome === "rejected") ? "copy" : undefined,
  );
  const sizeMs = rollups[0]?.window.sizeMs ?? 0;
  const judged = [...log.entries.values()].flatMap((record) => {
    if (record === undefined) return [];
    const beforeMs = oracle.watermarkMs;
    const judgement = oracle.take(record);
    const { watermarkMs, maxEventTimeMs } = oracle;
    const { offset, timestampMs, value: bytes } = record;
    const timeMs = judgement.timeMs ?? 0;
    const untilMs = Math.floor(timeMs / sizeMs) * sizeMs + sizeMs + times.allowedLatenessMs;
    return [{ offset, timestampMs, bytes, judgement, watermarkMs, maxEventTimeMs, beforeMs, untilMs }];
  });
  return { log, keyLimit, judged };
}

function tablesAt({ log, judged, keyLimit }: Answers, nextOffset: number): ExpectedPartition {
  const read = judged.filter(({ offset }) => offset < nextOffset);
  const raw: string[] = [];
  const late: string[] = [];
  const rejected: string[] = [];
  const counted: Row[] = [];
  const ids: Identified[] = [];
  const copied: Identified[] = [];
  const ledger = { counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0, refused: 0 };
  for (const { offset, bytes, judgement, beforeMs, untilMs } of read) {
    ledger[judgement.kind] += 1;
    const identify = (row: object) => ({ id: (row as Row).ID, offset, watermarkMs: beforeMs, untilMs });
    if (judgement.kind === "duplicate") {
      if (judgement.isCopy) copied.push(identify(judgement.row));
    } else if (judgement.kind === "counted") {
      ids.push(identify(judgement.row));
      counted.push(judgement.row as Row);
      raw.push(rawText({ ...judgement.row, offset }));
    } else if (judgement.kind === "late") {
      const { watermarkMs, missedByMs } = judgement;
      late.push(lateText({ ...judgement.row, offset, watermark: new Date(watermarkMs), missed_by_ms: missedByMs }));
    } else if (judgement.kind === "rejected" || judgement.kind === "quarantined") {
      const { reason, field } = judgement.kind === "rejected" ? judgement : { reason: "future", field: "Ts" };
      const watermark = timeOrNull(judgement.watermarkMs);
      rejected.push(rejectedText({ offset, bytes, reason, field, watermark }));
    }
  }
  const last = read.at(-1);
  const checkpoint = checkpointText({
    ...ledger,
    startOffset: log.start,
    nextOffset,
    watermark: timeOrNull(last?.watermarkMs ?? -Infinity),
    maxEventTime: timeOrNull(last?.maxEventTimeMs ?? -Infinity),
    read: read.length,
    skipped: nextOffset - log.start - read.length,
    lost: 0,
  });
  return {
    raw,
    late,
    rejected,
    windows: windowsOf(counted, keyLimit),
    verdicts: verdictsOf(read),
    checkpoint,
    copies: copied.map((one) => copyText({ ...one })),
    counted: ids,
    copied,
  };
}

function verdictsOf(read: readonly Judged[]): string[] {
  const records = new Map<string, number>();
  for (const { name, sizeMs } of socmedVerdictTallies) {
    for (const { timestampMs, judgement } of read) {
      const start = timestampMs === -1 ? null : new Date(timestampMs - (timestampMs % sizeMs));
      const key = verdictText(name, { window_start: start, verdict: judgement.kind, detail: detailOf(judgement) });
      records.set(key, (records.get(key) ?? 0) + 1);
    }
  }
  return [...records].map(([key, count]) => `${key} ${count}`).toSorted();
}

function detailOf(judgement: Judgement): string {
  if (judgement.kind === "late") {
    return lateBuckets.find(({ belowMs }) => judgement.missedByMs < belowMs)?.text ?? "";
  }
  if (judgement.kind === "rejected") return judgement.reason;
  return judgement.kind === "quarantined" ? "future" : "";
}

function windowsOf(counted: readonly Row[], keyLimit: TopicLog["keyLimit"]): string[] {
  const windows = new Map<string, { readonly values: Record<string, number>; readonly text: () => string }>();
  for (const { name, window, aggregates } of socmedRollups) {
    const { sizeMs } = window;
    const placed = new Map<number, Set<string>>();
    for (const given of counted) {
      const start = new Date(Math.floor((given.Ts * 1_000) / sizeMs) * sizeMs);
      const own = `${given.Kota}|${given.Sosial_Media}`;
      const places = placed.get(start.getTime()) ?? new Set<string>();
      placed.set(start.getTime(), places);
      const isBeyond = keyLimit?.beyond === "other" && places.size >= keyLimit.perWindow && !places.has(own);
      if (!isBeyond) places.add(own);
      const row = isBeyond ? { ...given, Kota: "other", Sosial_Media: "other" } : given;
      const key = [name, start.getTime(), row.Kota, row.Sosial_Media].join("|");
      const values = windows.get(key)?.values ?? {};
      for (const [aggregate, figures] of Object.entries(aggregates)) {
        for (const [column, figure] of figuresOf(aggregate, figures, row))
          values[column] = (values[column] ?? 0) + figure;
      }
      windows.set(key, { values, text: () => windowText(name, { ...row, ...values, window_start: start }) });
    }
  }
  return [...windows.values()].map(({ text }) => text()).toSorted();
}

/** What a row adds to the columns of an aggregate. */
function figuresOf(
  name: string,
  aggregate: AggregateData,
  row: Row,
): readonly (readonly [column: string, figure: number])[] {
  if (aggregate.kind === "count") return [[name, 1]];
  const value = row[aggregate.field as keyof Row];
  const [figure, presence] = [Number(value ?? 0), value === null ? 0 : 1];
  if (aggregate.kind === "mean") {
    return [
      [`${name}_sum`, figure],
      [`${name}_count`, presence],
    ];
  }
  return [[name, aggregate.kind === "count-non-null" ? presence : figure]];
}

const timeOrNull = (ms: number) => (Number.isFinite(ms) ? new Date(ms) : null);

/** The flagship's event with its rates. */
type Row = SocmedEvent & Readonly<Record<"conversion_rate" | "bounce_rate", number | null>>;

type Columns = Readonly<Record<string, unknown>>;

function textOf(row: Columns, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => row[name]));
}

const namesOf = (text: string) => text.split(" ");
const eventNames = namesOf(
  "offset ID Kota Sosial_Media Usage_Count Sales Visitors PageVisitors Conversion Ts conversion_rate bounce_rate",
);
const measureNames = Object.entries(socmedRollups[0]?.aggregates ?? {}).flatMap(([name, { kind }]) =>
  kind === "mean" ? [`${name}_sum`, `${name}_count`] : [name],
);
const checkpointNames = namesOf(
  "startOffset nextOffset watermark maxEventTime read counted duplicate late quarantined rejected skipped lost",
);

export const rawText = (row: Columns) => textOf(row, eventNames);
export const lateText = (row: Columns) => textOf(row, [...eventNames, "watermark", "missed_by_ms"]);
export const copyText = (row: Columns) => textOf(row, ["offset", "id"]);
export const checkpointText = (row: Columns) => textOf(row, checkpointNames);
export const windowText = (rollup: string, row: Columns) =>
  `${rollup} ${textOf(row, ["window_start", "Kota", "Sosial_Media", ...measureNames])}`;

/** JSON has no form for a date that is none. */
export const verdictText = (tally: string, row: Columns) =>
  `${tally} ${textOf(row, ["window_start", "verdict", "detail"])}`;

export function rejectedText({ bytes, ...row }: Columns & { readonly bytes: Uint8Array | null }): string {
  return `${textOf(row, ["offset", "reason", "field", "watermark"])} ${bytes === null ? null : Buffer.from(bytes).toString("hex")}`;
}
