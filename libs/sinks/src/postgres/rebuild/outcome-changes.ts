import type { ClientBase } from "pg";
import { quoteIdentifier } from "../../identifiers.js";
import type { PipelineData } from "../../tables/pipeline-data.js";
import type { PartitionRows } from "./partition-rows.js";

/** When a base window closes: an event is late, and an id free again, once the highest event time has reached end + `reachMs`. */
interface Closing {
  readonly sizeMs: number;
  readonly reachMs: number;
}

export interface OutcomeOptions {
  readonly topic: string;
  /** The partitions whose records are gone from the log. */
  readonly partitions: readonly PartitionRows[];
}

const number = new Intl.NumberFormat("en-US");

/**
 * Why other times of the definition could give records another outcome than they had: a sentence each. Late and duplicate records leave
 * nothing that tells when they arrived, so that the counter tables can only be right where each record keeps its outcome.
 */
export async function findOutcomeChanges(
  client: ClientBase,
  former: PipelineData,
  data: PipelineData,
  options: OutcomeOptions,
): Promise<string[]> {
  const { partitions } = options;
  return [
    ...findOtherSkew(former, data, sumOf(partitions, "quarantined")),
    ...(await findOtherClosing(client, former, data, options)),
  ];
}

const sumOf = (partitions: readonly PartitionRows[], column: "late" | "duplicate" | "quarantined") =>
  partitions.reduce((sum, partition) => sum + partition[column], 0);

function findOtherSkew(former: PipelineData, data: PipelineData, quarantined: number): string[] {
  if (data.maxFutureSkewMs < former.maxFutureSkewMs)
    return [
      "A smaller watermark.maxFutureSkew could quarantine events that were counted: only the log has the times at which they arrived.",
    ];
  if (data.maxFutureSkewMs === former.maxFutureSkewMs || quarantined === 0) return [];
  return [
    `${number.format(quarantined)} records were quarantined, and some of them would not be by a larger watermark.maxFutureSkew: only the log tells which.`,
  ];
}

const closingOf = ({ rollups, watermarkDelayMs, allowedLatenessMs }: PipelineData): Closing => ({
  sizeMs: rollups[0]?.window.sizeMs ?? 0,
  reachMs: watermarkDelayMs + allowedLatenessMs,
});

async function findOtherClosing(
  client: ClientBase,
  former: PipelineData,
  data: PipelineData,
  options: OutcomeOptions,
): Promise<string[]> {
  const [before, after] = [closingOf(former), closingOf(data)];
  if (data.tables.topicIds !== undefined && former.allowedLatenessMs !== data.allowedLatenessMs)
    return ["Another watermark.allowedLateness changes until when ids are taken over all partitions."];
  if (before.sizeMs === after.sizeMs && before.reachMs === after.reachMs) return [];
  const what = "Another watermark.delay, watermark.allowedLateness or base window";
  // Those move the watermark without a row in the raw table, or could be copies of events in other partitions.
  if (former.rollups.some(({ keyLimit }) => keyLimit?.beyond === "reject"))
    return [`${what} could change which records a limit of keys rejects: only the log tells.`];
  if (former.tables.topicIds !== undefined)
    return [`${what} could change which events are duplicates of those in other partitions: only the log tells.`];
  const { partitions } = options;
  const late = sumOf(partitions, "late");
  if (late > 0)
    return [
      `${what} changes by how much ${number.format(late)} late records missed their windows, and could count some of them: only the log tells when they arrived.`,
    ];
  // Each window closes later than before: what was counted is, and what was a duplicate is.
  const isLater = after.sizeMs % before.sizeMs === 0 && after.reachMs >= before.reachMs;
  if (isLater && former.id === null) return [];
  const duplicates = sumOf(partitions, "duplicate");
  if (!isLater && duplicates > 0)
    return [
      `${what} could count some of the ${number.format(duplicates)} records that were duplicates: only the log has them.`,
    ];
  if (partitions.some(({ rows, counted }) => rows < counted))
    return [
      `${what} could make ${isLater ? "duplicates" : "late or duplicate records"} of events whose raw rows retention has dropped: only the log has them.`,
    ];
  return findOthersByRows(client, former, after, options, what);
}

/**
 * Judges the raw rows once more, in offset order. Where there are duplicates the highest event time may have been higher than they
 * tell; then windows close later than before, and a higher one could only make fewer duplicates.
 */
async function findOthersByRows(
  client: ClientBase,
  { id, time, tables }: PipelineData,
  { sizeMs, reachMs }: Closing,
  { topic, partitions }: OutcomeOptions,
  what: string,
): Promise<string[]> {
  const column = (field: string) => quoteIdentifier(tables.columns[field]?.name ?? field);
  const idColumn = id === null ? "NULL" : column(id);
  const { rows } = await client.query<{ late: number; duplicate: number }>(
    `WITH events AS (
       SELECT partition, "offset", ${idColumn} AS id,
         date_bin($3::float8 * interval '1 millisecond', ${column(time.field)}, timestamptz 'epoch') + $4::float8 * interval '1 millisecond' AS closes,
         max(date_trunc('milliseconds', ${column(time.field)})) OVER (
           PARTITION BY partition ORDER BY "offset" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS highest
       FROM ${quoteIdentifier(tables.schema)}.${quoteIdentifier(tables.raw)} WHERE topic = $1 AND partition = ANY ($2::int[])),
     pairs AS (SELECT closes, highest, lag(closes) OVER (PARTITION BY partition, id ORDER BY "offset") AS taken FROM events)
     SELECT count(*) FILTER (WHERE closes <= highest) AS late,
       ${id === null ? "0::int8" : "count(*) FILTER (WHERE taken > highest)"} AS duplicate FROM pairs`,
    [topic, partitions.map(({ partition }) => partition), sizeMs, sizeMs + reachMs],
  );
  const { late = 0, duplicate = 0 } = rows[0] ?? {};
  return [
    ...(late > 0 ? [`${what} would have made ${number.format(late)} events late that were counted.`] : []),
    ...(duplicate > 0
      ? [`${what} would have made ${number.format(duplicate)} events duplicates that were counted.`]
      : []),
  ];
}
