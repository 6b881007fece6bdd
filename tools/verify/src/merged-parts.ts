import { getTableColumns } from "drizzle-orm";
import { mergedWindows } from "@tidemark/sinks/tables";
import { showValue } from "./column.js";
import type { MergedPart, MergedWindows } from "./merged-windows.js";
import type { RetentionBoundary } from "./retention.js";
import type { ComparisonContext } from "./row-comparison.js";
import { nameTable } from "./snapshot.js";
import { quote } from "./stored-table.js";
import { formatStoredTime } from "./stored-value.js";
import type { ViewContext } from "./view-comparison.js";

const table = "tidemark.merged_windows";

/**
 * Compares what is stored of each partition's share in the merged rows of a rollup with what the log makes of it. Where retention
 * has dropped windows, some of them may have been merged before, and nothing says how many events they held.
 * Resolves to whether windows of the rollup were ever merged.
 */
export async function compareParts(
  rollup: string,
  partitions: readonly number[],
  merged: MergedWindows,
  { snapshot, pipeline, topic, findings, retention }: ViewContext & Pick<ComparisonContext, "retention">,
): Promise<boolean> {
  const { events, since, eventsSince, partition: of, ...place } = getTableColumns(mergedWindows);
  const compared = [events, since, eventsSince];
  const rows = await snapshot
    .unsafe(
      `SELECT ${quote(of.name)}, ${compared.map(({ name }) => `${quote(name)}::text`).join(", ")} FROM ${nameTable(mergedWindows)}
       WHERE ${[place.pipeline, place.topic, place.rollup].map(({ name }, at) => `${quote(name)} = $${at + 1}`).join(" AND ")}`,
      [pipeline, topic, rollup],
    )
    .values();
  const stored = new Map(rows.map(([partition, ...values]) => [Number(partition), values]));
  for (const partition of partitions) {
    const part = merged.partOf(partition);
    const expected = [
      String(part.events),
      part.sinceMs === undefined ? null : formatStoredTime(part.sinceMs),
      String(part.eventsSince),
    ];
    const found = stored.get(partition) ?? ["0", null, "0"];
    for (const [at, { name }] of compared.entries()) {
      if (expected[at] === found[at]) continue;
      if (retention !== undefined && mayBeShortened(part, found, retention)) continue;
      findings.add({ link: "log-tables", what: "wrong-value", table, column: name }, () => ({
        partition,
        where: rollup,
        expected: showValue(expected[at]),
        found: showValue(found[at]),
      }));
    }
  }
  return rows.some(([, , newest]) => newest !== null);
}

/** Events of dropped windows are counted among the merged ones. */
function mayBeShortened(part: MergedPart, found: readonly unknown[], { completeFromMs }: RetentionBoundary): boolean {
  const isRecent = part.sinceMs !== undefined && part.sinceMs >= completeFromMs;
  const [events, since, eventsSince] = found;
  if (Number(events) < part.events) return false;
  return !isRecent || (since === formatStoredTime(part.sinceMs ?? 0) && Number(eventsSince) === part.eventsSince);
}
