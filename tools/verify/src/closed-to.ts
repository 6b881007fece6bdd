import { getTableColumns } from "drizzle-orm";
import type { OracleDefinition } from "@tidemark/scenario/oracle";
import { closedWindows } from "@tidemark/sinks/tables";
import { showValue } from "./column.js";
import type { Findings } from "./findings.js";
import { nameTable, type Snapshot, type StoredCheckpoint } from "./snapshot.js";
import { quote } from "./stored-table.js";

/** Up to when windows are shown as closed, though a quiet partition that was passed over has not come so far. */
export interface ClosedTo {
  readonly ms: number;
  readonly allowedLatenessMs: number;
}

const columns = getTableColumns(closedWindows);
const closedWindowsTable = "tidemark.closed_windows";

/**
 * The time that is stored for the topic; undefined where no partition was ever passed over. The log does not say which partitions were
 * quiet when. It says what the time can be at most: where the largest window ends that holds the newest event of any partition, with the
 * allowed lateness. A later one is a difference.
 */
export async function readClosedTo(
  snapshot: Snapshot,
  { pipeline, topic }: { readonly pipeline: string; readonly topic: string },
  { rollups, allowedLatenessMs }: OracleDefinition,
  checkpoints: readonly StoredCheckpoint[],
  findings: Findings,
): Promise<ClosedTo | undefined> {
  const { pipeline: owner, topic: of, closedTo } = columns;
  const [row] = await snapshot
    .unsafe(
      `SELECT ${quote(closedTo.name)}::text, (extract(epoch FROM ${quote(closedTo.name)}) * 1000)::float8
       FROM ${nameTable(closedWindows)} WHERE ${quote(owner.name)} = $1 AND ${quote(of.name)} = $2`,
      [pipeline, topic],
    )
    .values();
  if (row === undefined) return undefined;
  const ms = Number(row[1]);
  const largestMs = Math.max(...rollups.map(({ window }) => window.sizeMs));
  const newest = checkpoints.flatMap(({ columns: { maxEventTime } }) =>
    maxEventTime === null ? [] : [Date.parse(showValue(maxEventTime))],
  );
  const latestMs = (Math.floor(Math.max(...newest) / largestMs) + 1) * largestMs + allowedLatenessMs;
  if (!(ms <= latestMs)) {
    findings.add({ link: "log-tables", what: "wrong-value", table: closedWindowsTable, column: closedTo.name }, () => ({
      partition: null,
      where: topic,
      expected:
        newest.length === 0 ? "no row: no partition has an event" : `${new Date(latestMs).toISOString()} at the latest`,
      found: showValue(row[0]),
    }));
  }
  return { ms, allowedLatenessMs };
}
