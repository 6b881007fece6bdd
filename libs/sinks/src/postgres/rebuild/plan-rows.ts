import type { ClientBase } from "pg";
import { quoteIdentifier } from "../../identifiers.js";
import type { PipelineData, RollupData } from "../../tables/pipeline-data.js";
import { findEventChanges, findSameRollup } from "./event-changes.js";
import { findOutcomeChanges } from "./outcome-changes.js";
import { readDropped, readPartitionRows, type PartitionRows } from "./partition-rows.js";
import { findUnmergeable, hasMergedWindows } from "./seed-merged.js";

/** What a person accepts or asserts, where the log no longer has all records. */
export interface RowChoices {
  /** Epoch ms, the start of a UTC day: rollups that have to be made of raw rows may begin there, where earlier rows are gone. */
  readonly fromMs?: number | undefined;
  /** New fields that no record has had that was read so far. */
  readonly absent?: readonly string[] | undefined;
}

export interface RowsOptions extends RowChoices {
  readonly topic: string;
  /** The partitions whose log has lost records: their rows are made of rows. */
  readonly partitions: readonly number[];
}

/** How the tables of another definition are made of the rows of the former ones. */
export interface RowPlan {
  /** Why they cannot be what the log would give: a sentence each. */
  readonly reasons: readonly string[];
  /** Epoch ms: where rollups begin that are not in the former tables; undefined: they are whole. */
  readonly fromMs: number | undefined;
}

const DAY_MS = 86_400_000;
const number = new Intl.NumberFormat("en-US");
const ADVICE =
  "Leave that as it was, or give the pipeline and its tables other names, or use another database: they are then made of what the log still has, beside the former ones.";

/** Rollups of the definition that no former table holds. */
export function newRollups(former: PipelineData, data: PipelineData): readonly RollupData[] {
  return data.rollups.filter((rollup) => findSameRollup(former, data, rollup) === undefined);
}

/**
 * Decides whether tables of another definition can be made of the rows of the former ones so that they are what the log would have
 * given. Each record has to keep its outcome, and each table that changes needs the rows that it is made of. Wants one snapshot.
 */
export async function planRows(
  client: ClientBase,
  former: PipelineData,
  data: PipelineData,
  options: RowsOptions,
): Promise<RowPlan> {
  const { topic, absent = [] } = options;
  const all = await readPartitionRows(client, former, topic);
  const partitions = all.filter(({ partition }) => options.partitions.includes(partition));
  const rejected = partitions.reduce((sum, one) => sum + one.rejected, 0);
  const changes = [
    ...findEventChanges(former, data, { absent, rejected }),
    ...findOtherCounters(former, data),
    ...(await findUnmergeable(client, former, data, topic)),
    ...(await findPartlyMerged(client, former, options, all)),
    ...(await findCutValues(client, former, data, options)),
  ];
  // A table with other columns is asked nothing by names that it may not have.
  if (changes.length === 0) changes.push(...(await findOutcomeChanges(client, former, data, { topic, partitions })));
  const start = await findStart(client, former, data, { ...options, all, lost: partitions });
  const advised = changes.length === 0 ? [] : [...changes, ADVICE];
  return { reasons: [...advised, ...start.reasons], fromMs: start.fromMs };
}

/** Merged windows are copied of all partitions or of none: they may have been merged since it was decided which are copied. */
async function findPartlyMerged(
  client: ClientBase,
  former: PipelineData,
  { topic, partitions }: RowsOptions,
  all: readonly PartitionRows[],
): Promise<string[]> {
  if (all.length === partitions.length || !(await hasMergedWindows(client, former, topic))) return [];
  return ["Closed windows of several partitions were merged into one row since this began: run it again."];
}

/** A counter table of larger windows is made of one whose windows divide them. */
function findOtherCounters(former: PipelineData, data: PipelineData): string[] {
  return data.tables.verdicts
    .filter(({ sizeMs }) => !former.tables.verdicts.some((one) => sizeMs % one.sizeMs === 0))
    .map(
      ({ name }) =>
        `The windows of the counter table ${name} are no multiples of former ones: only the log tells when records arrived.`,
    );
}

/** The rejected table kept the start of each value, and is to keep all of it. */
async function findCutValues(
  client: ClientBase,
  { tables: { schema, rejected, rejectedValues } }: PipelineData,
  data: PipelineData,
  { topic, partitions }: RowsOptions,
): Promise<string[]> {
  if (rejectedValues === data.tables.rejectedValues || data.tables.rejectedValues === "start") return [];
  const { rows } = await client.query<{ cut: number }>(
    `SELECT count(*) AS cut FROM ${quoteIdentifier(schema)}.${quoteIdentifier(rejected)}
     WHERE topic = $1 AND partition = ANY ($2::int[]) AND octet_length(bytes) < byte_length`,
    [topic, partitions],
  );
  const cut = rows[0]?.cut ?? 0;
  return cut === 0 ? [] : [`${number.format(cut)} rejected values were cut: only the log has the whole ones.`];
}

interface StartOptions extends RowsOptions {
  readonly all: readonly PartitionRows[];
  readonly lost: readonly PartitionRows[];
}

/** Raw rows are whole, or retention has dropped those of the first days: then new rollups begin behind these. */
async function findStart(
  client: ClientBase,
  former: PipelineData,
  data: PipelineData,
  options: StartOptions,
): Promise<RowPlan> {
  const { all, lost, fromMs } = options;
  const { raw } = former.tables;
  const note = await readDropped(client, former.name, raw);
  const missing = all.reduce((sum, { counted, rows }) => sum + counted - rows, 0);
  const dropped = note?.dropped_rows ?? 0;
  const isExplained = note?.rebuilt === true ? missing <= dropped : missing === dropped;
  if (!isExplained || all.some(({ counted, rows }) => rows > counted)) {
    const reason = `${raw} lacks ${number.format(missing)} rows of records that were counted, and retention has dropped ${number.format(dropped)}: somebody else has changed the table. Put its rows back from a backup.`;
    return { reasons: [reason], fromMs: undefined };
  }
  const rollups = newRollups(former, data);
  if (rollups.length === 0 || note === undefined || lost.every(({ counted, rows }) => counted === rows))
    return { reasons: [], fromMs: undefined };

  const names = rollups.map(({ name }) => name).join(", ");
  const earliestMs = note.complete_from_ms;
  if (fromMs === undefined || fromMs < earliestMs)
    return {
      reasons: [
        `Retention has dropped the rows of ${raw} before ${dayOf(earliestMs)}, of which earlier windows of ${names} would be made: --from ${dayOf(earliestMs)} accepts that they begin there. All else stays whole.`,
      ],
      fromMs: undefined,
    };
  const reasons = [
    ...(fromMs % DAY_MS === 0 ? [] : ["Rollups begin at the start of a UTC day."]),
    ...findOpen(data, fromMs, all),
    ...(await findLostWindows(client, former, rollups, { ...options, fromMs })),
  ];
  return { reasons, fromMs };
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** A window that is still open gets more events, and would have a row that lacks the first ones. */
function findOpen(
  { rollups, allowedLatenessMs }: PipelineData,
  fromMs: number,
  all: readonly PartitionRows[],
): string[] {
  const openMs = allowedLatenessMs + Math.max(...rollups.map(({ window }) => window.sizeMs));
  const neededMs = fromMs + openMs;
  const days = Math.ceil(openMs / DAY_MS) + 1;
  return all
    .filter(({ watermark_ms: watermarkMs }) => watermarkMs !== null && watermarkMs < neededMs)
    .map(
      ({ partition }) =>
        `Windows that begin before ${dayOf(fromMs)} can still be open in partition ${partition}: run this again when its watermark has passed ${new Date(neededMs).toISOString()}, and let retention keep ${days} days until then.`,
    );
}

/** A rollup that changes loses no window that it has. */
async function findLostWindows(
  client: ClientBase,
  former: PipelineData,
  rollups: readonly RollupData[],
  { topic, partitions, fromMs }: RowsOptions,
): Promise<string[]> {
  const reasons: string[] = [];
  for (const { name } of rollups.filter((one) => former.rollups.some((known) => known.name === one.name))) {
    const { rows } = await client.query<{ lost: number }>(
      `SELECT count(*) AS lost FROM ${quoteIdentifier(former.tables.schema)}.${quoteIdentifier(name)}
       WHERE topic = $1 AND partition = ANY ($2::int[]) AND window_start < to_timestamp($3::float8 / 1000)`,
      [topic, partitions, fromMs],
    );
    const lost = rows[0]?.lost ?? 0;
    if (lost > 0)
      reasons.push(
        `The rollup ${name} changes, and would lose ${number.format(lost)} rows of windows before ${dayOf(fromMs ?? 0)}: leave it as it was, and give the changed one another name.`,
      );
  }
  return reasons;
}
