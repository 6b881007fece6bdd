import type { PgTable } from "drizzle-orm/pg-core";
import { escapeLiteral, type ClientBase } from "pg";
import { qualifiedName, quoteIdentifier } from "../../identifiers.js";
import { deriveTables } from "../../tables/derive-tables.js";
import { mergedSinceSizeMs } from "../../tables/merged-partition.js";
import type { PipelineData, RollupData } from "../../tables/pipeline-data.js";
import type { DerivedTables } from "../../tables/pipeline-tables.js";
import { findSameRollup } from "./event-changes.js";
import { hasMergedRows } from "./merged-rows.js";
import { readDropped } from "./partition-rows.js";

const binned = (sizeMs: number, time: string) =>
  `date_bin(${sizeMs} * interval '1 millisecond', ${time}, timestamptz 'epoch')`;

/** How far behind the highest event time a window's end has to be until it is closed. */
const closesMs = ({ watermarkDelayMs, allowedLatenessMs }: PipelineData) => watermarkDelayMs + allowedLatenessMs;

/** Whether closed windows of several partitions were merged into one row, which nothing takes apart. */
export function hasMergedWindows(client: ClientBase, former: PipelineData, topic: string): Promise<boolean> {
  return hasMergedRows(client, Object.values(deriveTables(former).rollups), topic);
}

/** Why merged windows cannot become those of another definition: a sentence each. They stay closed, and counted as they are. */
export async function findUnmergeable(
  client: ClientBase,
  former: PipelineData,
  data: PipelineData,
  topic: string,
): Promise<string[]> {
  if (!(await hasMergedWindows(client, former, topic))) return [];
  const merged = "Closed windows of several partitions are merged into one row";
  if (closesMs(data) > closesMs(former)) return [`${merged}, and would be open again with a longer delay or lateness.`];
  const [sizeMs, formerMs] = [data, former].map(({ rollups }) => mergedSinceSizeMs(rollups)) as [number, number];
  if (sizeMs === formerMs) return [];
  const unknown = `${merged}, and what each partition has in those of the last hours or days is no longer known`;
  if (sizeMs % formerMs !== 0) return [`${unknown} by other windows than those of the former largest rollup.`];
  const { rows } = await client.query<{ since_ms: number | null }>(
    `SELECT (extract(epoch FROM min(${binned(sizeMs, "since")})) * 1000)::int8 AS since_ms
     FROM tidemark.merged_windows WHERE pipeline = $1 AND topic = $2`,
    [former.name, topic],
  );
  const note = await readDropped(client, former.name, former.tables.raw);
  const isWhole = note === undefined || (rows[0]?.since_ms ?? Infinity) >= note.complete_from_ms;
  return isWhole ? [] : [`${unknown}: retention has dropped raw rows of them. Let it keep more days for a while.`];
}

/** Notes for the merged rows that were copied from a former rollup's table. The rows of the next tables are there. */
export function mergedSql(
  former: PipelineData,
  data: PipelineData,
  { next, topic, tables }: { readonly next: string; readonly topic: string; readonly tables: DerivedTables },
): readonly string[] {
  const [sizeMs, formerMs] = [data, former].map(({ rollups }) => mergedSinceSizeMs(rollups)) as [number, number];
  return data.rollups.flatMap((rollup) => {
    const known = findSameRollup(former, data, rollup);
    if (known === undefined) return [];
    const [since, events] =
      sizeMs === formerMs ? ["since", "events_since"] : ["new_since", eventsSince(data, rollup, tables)];
    return [
      `INSERT INTO tidemark.merged_windows (pipeline, topic, rollup, partition, merged_to, events, since, events_since)
       SELECT ${escapeLiteral(next)}, topic, ${escapeLiteral(rollup.name)}, partition, merged_to, events, ${since}, ${events}
       FROM (SELECT *, ${binned(sizeMs, "since")} AS new_since FROM tidemark.merged_windows) AS m
       WHERE pipeline = ${escapeLiteral(former.name)} AND topic = ${escapeLiteral(topic)} AND rollup = ${escapeLiteral(known.name)}`,
    ];
  });
}

/** Events of a partition that were counted since then, but for those in rows of its own. */
function eventsSince({ time, tables: { columns } }: PipelineData, rollup: RollupData, tables: DerivedTables): string {
  const count = Object.entries(rollup.aggregates).find(([, { kind }]) => kind === "count")?.[0];
  if (count === undefined) return "0";
  const table = tables.rollups[rollup.name] as PgTable;
  const at = quoteIdentifier(columns[time.field]?.name ?? time.field);
  const isOfPartition = "r.topic = m.topic AND r.partition = m.partition";
  return `CASE WHEN new_since IS NULL THEN 0 ELSE
    (SELECT count(*) FROM ${qualifiedName(tables.raw)} r WHERE ${isOfPartition} AND ${binned(rollup.window.sizeMs, `r.${at}`)} >= new_since)
    - (SELECT coalesce(sum(r.${quoteIdentifier(count)}), 0)::int8 FROM ${qualifiedName(table)} r
       WHERE ${isOfPartition} AND r.window_start >= new_since) END`;
}
