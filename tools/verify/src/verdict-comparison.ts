import { lateBuckets, timestampRange } from "@tidemark/sinks/tables";
import type { Judgement } from "@tidemark/scenario/oracle";
import { showValue } from "./column.js";
import type { What } from "./findings.js";
import type { JudgedRecord } from "./table-comparison.js";
import { except, type ComparisonContext } from "./row-comparison.js";
import { openRowStream } from "./row-stream.js";
import type { StoredTable } from "./stored-table.js";
import { formatStoredTime } from "./stored-value.js";
import type { ViewContext } from "./view-comparison.js";

/** Counts a partition's records by window of arrival, verdict and detail, and compares the counts when all have come. */
export interface VerdictComparison {
  readonly table: string;
  readonly compared: number;
  take(judged: readonly JudgedRecord[]): void;
  /** All records of partitions up to this one have been taken: what was counted since the last time is this one's. */
  finish(partition: number): Promise<void>;
}

interface Place {
  /** Epoch ms; -Infinity where the record has none. */
  readonly startMs: number;
  readonly verdict: string;
  readonly detail: string;
}

/** Stored as text, so that a microsecond counts. */
interface StoredCount {
  readonly partition: number;
  readonly key: string;
  readonly where: string;
  readonly records: string;
}

const keyOf = (start: string, verdict: string, detail: string) => `${start}\n${verdict}\n${detail}`;
const whereOf = (...place: readonly string[]) => `window ${place.filter((part) => part !== "").join(", ")}`;
const showStart = (ms: number) => (ms === -Infinity ? "-infinity" : showValue(formatStoredTime(ms)));

export function createVerdictComparison(
  { snapshot, topic, findings, leaveOut }: ViewContext & Pick<ComparisonContext, "leaveOut">,
  { name, sql, sizeMs }: StoredTable & { readonly sizeMs: number },
): VerdictComparison {
  const kind = (what: What, column: string | null = null) =>
    ({ link: "log-tables", what, table: name, column }) as const;
  const stream = openRowStream(
    snapshot,
    `SELECT partition, trim_scale(extract(epoch FROM window_start) * 1000)::text, window_start::text, verdict, detail, records::text
     FROM ${sql} WHERE topic = $1${except(leaveOut)} ORDER BY partition`,
    [topic],
  );
  let expected = new Map<string, Place & { records: number }>();
  let compared = 0;

  async function next(partition: number): Promise<StoredCount | undefined> {
    const row = stream.current ?? (await stream.load());
    if (row === undefined || Number(row[0]) > partition) return undefined;
    stream.drop();
    const [own, startMs = "", start = "", verdict = "", detail = "", records = ""] = row.map(String);
    const where = whereOf(showValue(start), verdict, detail);
    return { partition: Number(own), key: keyOf(startMs, verdict, detail), where, records };
  }

  function addSurplus(what: "unexpected-row" | "repeated-row", { partition, where, records }: StoredCount): void {
    findings.add(kind(what), () => ({
      partition,
      where,
      expected: what === "repeated-row" ? "one row" : "no row",
      found: `records ${records}`,
    }));
  }

  function compareCount(stored: StoredCount, wanted: number): void {
    if (String(wanted) === stored.records) return;
    findings.add(kind("wrong-value", "records"), () => ({
      partition: stored.partition,
      where: stored.where,
      expected: String(wanted),
      found: stored.records,
    }));
  }

  return {
    table: name,
    get compared() {
      return compared;
    },
    take(judged) {
      for (const { record, judgement } of judged) {
        const place = {
          startMs: startOf(record.timestampMs, sizeMs),
          verdict: judgement.kind,
          detail: detailOf(judgement),
        };
        const key = keyOf(String(place.startMs), place.verdict, place.detail);
        const count = expected.get(key) ?? { ...place, records: 0 };
        count.records += 1;
        expected.set(key, count);
      }
    },
    async finish(partition) {
      const wanted = expected;
      expected = new Map();
      compared += wanted.size;
      const found = new Set<string>();
      for (let stored = await next(partition); stored !== undefined; stored = await next(partition)) {
        const { key } = stored;
        const count = stored.partition === partition ? wanted.get(key) : undefined;
        if (count === undefined) addSurplus("unexpected-row", stored);
        else if (found.has(key)) addSurplus("repeated-row", stored);
        else compareCount(stored, count.records);
        if (count !== undefined) found.add(key);
      }
      for (const [key, { startMs, verdict, detail, records }] of wanted) {
        if (found.has(key)) continue;
        findings.add(kind("missing-row"), () => ({
          partition,
          where: whereOf(showStart(startMs), verdict, detail),
          expected: `records ${records}`,
          found: "no row",
        }));
      }
    },
  };
}

function startOf(timestampMs: number, sizeMs: number): number {
  const into = ((timestampMs % sizeMs) + sizeMs) % sizeMs;
  const startMs = timestampMs - into;
  if (timestampMs === -1 || startMs < timestampRange.earliestMs || startMs > timestampRange.latestMs) return -Infinity;
  return startMs;
}

function detailOf(judgement: Judgement): string {
  switch (judgement.kind) {
    case "late":
      return lateBuckets.find(({ belowMs }) => belowMs > judgement.missedByMs)?.text ?? "";
    case "rejected":
      return judgement.reason;
    case "quarantined":
      return "future";
    default:
      return "";
  }
}
