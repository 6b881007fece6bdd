import type { ShownRow } from "../../../src/protocol.js";
import { numberOf } from "../row.js";
import { formatDuration, formatTime } from "../times.js";

/** A partition is called quiet where its newest event lies so far behind that of the others, in ms. */
const quietMs = 30_000;

interface Partition {
  readonly partition: number;
  readonly watermarkMs: number | null;
  readonly newestMs: number | null;
}

/**
 * Why windows are still open, and which partition holds them open, in sentences. In: the rows of the panel `watermarks`, and
 * Postgres's time, epoch ms.
 */
export function explainWatermark(rows: readonly ShownRow[], nowMs: number): string[] {
  const partitions = rows.map((row): Partition => ({
    partition: numberOf(row, "partition") ?? 0,
    watermarkMs: numberOf(row, "watermark"),
    newestMs: numberOf(row, "newest"),
  }));
  const known = partitions.filter(({ watermarkMs }) => watermarkMs !== null);
  const silent = partitions.filter(({ watermarkMs }) => watermarkMs === null).map(({ partition }) => partition);
  const lowest = Math.min(...known.map(({ watermarkMs }) => watermarkMs ?? Infinity));
  const holders = known.filter(({ watermarkMs }) => watermarkMs === lowest);
  const [holder] = holders;
  if (holder === undefined || holder.newestMs === null) return ["No event has come yet, so no window is open."];
  const at = formatTime(lowest, nowMs);
  const newest = Math.max(...known.map(({ newestMs }) => newestMs ?? -Infinity));
  const names = listPartitions(holders.map(({ partition }) => partition));
  const its = holders.length === 1 ? "its" : "their";
  const delay = formatDuration(holder.newestMs - lowest);
  const sentences = [
    `Windows that end by ${at} are closed in all partitions: nothing changes them any more.`,
    `${names} ${holders.length === 1 ? "holds" : "hold"} the watermark there: ${its} newest event is of ${formatTime(holder.newestMs, nowMs)}, and the watermark stays ${delay} behind it. ` +
      `A later window stays open until ${holders.length === 1 ? "it has" : "they have"} read an event from ${delay} after its end.`,
  ];
  const behind = newest - holder.newestMs;
  if (behind >= quietMs) {
    sentences.push(
      `${names} ${holders.length === 1 ? "is" : "are"} ${formatDuration(behind)} behind the others: too few events come there.`,
    );
  }
  if (silent.length > 0) sentences.push(`${listPartitions(silent)} had no event yet.`);
  return sentences;
}

function listPartitions(partitions: readonly number[]): string {
  const sorted = partitions.toSorted((a, b) => a - b);
  if (sorted.length === 1) return `Partition ${sorted[0]}`;
  return `Partitions ${sorted.slice(0, -1).join(", ")} and ${sorted.at(-1)}`;
}
