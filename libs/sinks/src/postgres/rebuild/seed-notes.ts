import { escapeLiteral } from "pg";
import type { PipelineData } from "../../tables/pipeline-data.js";
import { shortenedRollups } from "../../tables/shortened-rollups.js";
import { findSameRollup } from "./event-changes.js";
import { newRollups } from "./plan-rows.js";
import type { SeedPlace } from "./seed-statements.js";

/**
 * Notes from when on the next pipeline's tables are complete. Rows of partitions that are read from the log come back whole, and go
 * again with the next run of retention.
 */
export function noteStatements(
  former: PipelineData,
  data: PipelineData,
  next: string,
  { topic, partitions, fromMs }: SeedPlace,
): readonly string[] {
  const [own, of] = [former.name, topic].map((text) => escapeLiteral(text));
  const isMixed = `EXISTS (SELECT FROM tidemark.checkpoints WHERE pipeline = ${own} AND topic = ${of}
    AND NOT partition = ANY ('{${partitions.join(",")}}'::int[]))`;
  const copy = (from: string, to: string, completeFrom = "complete_from") =>
    `INSERT INTO tidemark.retention (pipeline, table_name, complete_from, dropped_rows, rebuilt)
     SELECT ${escapeLiteral(next)}, ${escapeLiteral(to)}, ${completeFrom}, dropped_rows, rebuilt OR ${isMixed}
     FROM tidemark.retention WHERE pipeline = ${own} AND table_name = ${escapeLiteral(from)}`;
  // Late and rejected rows go by their watermark, which is later where the delay is smaller.
  const laterMs = Math.max(0, former.watermarkDelayMs - data.watermarkDelayMs);
  const later = `date_trunc('day', complete_from + ${laterMs} * interval '1 millisecond' + interval '1 day' - interval '1 microsecond', 'UTC')`;
  const begin = (name: string) =>
    `INSERT INTO tidemark.retention (pipeline, table_name, complete_from, dropped_rows, rebuilt)
     VALUES (${escapeLiteral(next)}, ${escapeLiteral(name)}, to_timestamp(${(fromMs ?? 0) / 1000}::float8), 0, ${isFinest(data, name)})`;
  return [
    copy(former.tables.raw, data.tables.raw),
    copy(former.tables.late, data.tables.late, later),
    copy(former.tables.rejected, data.tables.rejected, later),
    ...data.rollups.flatMap((rollup) => {
      const known = findSameRollup(former, data, rollup);
      return known === undefined ? [] : [copy(known.name, rollup.name)];
    }),
    ...(fromMs === undefined ? [] : newRollups(former, data).map(({ name }) => begin(name))),
    `INSERT INTO tidemark.forgotten_ids (pipeline, topic, until)
     SELECT ${escapeLiteral(next)}, topic, until FROM tidemark.forgotten_ids WHERE pipeline = ${own} AND topic = ${of}`,
  ];
}

/** Whether retention drops windows of the rollup. */
export function isFinest({ rollups }: PipelineData, name: string): boolean {
  return shortenedRollups(rollups).some((rollup) => rollup.name === name);
}
