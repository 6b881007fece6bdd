import { getTableColumns } from "drizzle-orm";
import { forgottenIds } from "@tidemark/sinks/tables";
import type { Findings } from "./findings.js";
import { nameTable } from "./snapshot.js";
import { storedIdSql } from "./stored-id.js";
import { quote } from "./stored-table.js";
import type { TopicIdContext } from "./topic-ids.js";

export interface IdComparisonContext extends TopicIdContext {
  /** Of the raw table, quoted. */
  readonly idColumn: string;
  readonly timeColumn: string;
  /** Of the base window. */
  readonly sizeMs: number;
}

/** The table of ids holds that of each counted event whose id was not forgotten, until its window closes, and no other. */
export async function compareIds(
  { snapshot, pipeline, topic, definition, tables, retention, idColumn, timeColumn, sizeMs }: IdComparisonContext,
  findings: Findings,
): Promise<Readonly<Record<string, number>>> {
  const { topicIds, raw } = tables;
  if (topicIds === undefined) return {};
  const { ids } = topicIds;
  const columns = getTableColumns(forgottenIds);
  const [forgotten] = await snapshot
    .unsafe(
      `SELECT ${quote(columns.until.name)}::float8 FROM ${nameTable(forgottenIds)}
       WHERE ${quote(columns.pipeline.name)} = $1 AND ${quote(columns.topic.name)} = $2`,
      [pipeline, topic],
    )
    .values();
  const forgottenMs = forgotten === undefined ? -Infinity : Number(forgotten[0]);
  const key = storedIdSql(`${idColumn}::text`);
  const startMs = `floor(floor(extract(epoch FROM ${timeColumn}) * 1000) / ${sizeMs}) * ${sizeMs}`;
  const counted = `SELECT ${key} AS id, partition, max(${startMs} + ${sizeMs + definition.allowedLatenessMs})::float8 AS until
    FROM ${raw.sql} WHERE topic = $1 GROUP BY 1, 2`;
  // By id and partition: of an id that was free in between there may be rows of several.
  const rows = await snapshot
    .unsafe(
      `SELECT coalesce(c.id, i.id::text), c.partition, c.until, i.partition, i.live_until::float8
       FROM (SELECT DISTINCT ON (id) * FROM (${counted}) AS each ORDER BY id, until DESC) AS c
       FULL JOIN (SELECT * FROM ${ids.sql} WHERE topic = $1) AS i ON i.id::text = c.id
       WHERE (i.id IS NULL AND c.until > $2::float8) OR c.id IS NULL OR c.until <> i.live_until OR c.partition <> i.partition`,
      [topic, forgottenMs],
    )
    .values();
  const boundary = retention.get(raw.name);
  for (const [id, partition, until, storedPartition, storedUntil] of rows) {
    const isMissing = storedUntil === null;
    // Its row may be one that retention has dropped.
    if (
      until === null &&
      boundary !== undefined &&
      Number(storedUntil) - sizeMs < boundary.completeFromMs + definition.allowedLatenessMs
    )
      continue;
    const what = isMissing ? "missing-row" : until === null ? "unexpected-row" : "wrong-value";
    const show = (of: unknown, ms: unknown) => (ms === null ? "no row" : `partition ${String(of)} until ${String(ms)}`);
    const column = what === "wrong-value" ? "live_until" : null;
    findings.add({ link: "log-tables", what, table: ids.name, column }, () => ({
      partition: null,
      where: `id ${String(id)}`,
      expected: show(partition, until),
      found: show(storedPartition, storedUntil),
    }));
  }
  const [count] = await snapshot.unsafe(`SELECT count(*)::float8 FROM ${ids.sql} WHERE topic = $1`, [topic]).values();
  return { [ids.name]: Number(count?.[0] ?? 0) };
}
