import type { PartitionOracle } from "@tidemark/scenario/oracle";
import { showValue } from "./column.js";
import { openRowStream } from "./row-stream.js";
import { quote, type RollupTable } from "./stored-table.js";
import type { ClosedTo } from "./closed-to.js";
import type { ViewContext } from "./view-comparison.js";

/**
 * Compares the column `closed` of a rollup's view with what it promises: a window that is closed never changes. So the oracles
 * of all partitions that were ever claimed are asked whether they still take an event for the last moment of the window. A
 * partition that was never claimed is unknown to the tables, and not asked. Windows that the rollup lacks are told elsewhere.
 *
 * Where quiet partitions were passed over, windows are closed up to a time that is stored. Gives how many of them a partition
 * can still change.
 */
export async function compareClosed(
  { rollup, sql, total, keys }: RollupTable,
  oracles: readonly Pick<PartitionOracle, "takesEventAt">[],
  closedTo: ClosedTo | undefined,
  { snapshot, topic, findings }: ViewContext,
): Promise<number> {
  const columns = ["window_start::text", "(extract(epoch FROM window_start) * 1000)::float8", "closed"];
  const shownKeys = keys.map((key) => `${quote(key)}::text`);
  const isSame = ["topic", "window_start", ...keys].map((key) => `r.${quote(key)} = v.${quote(key)}`);
  const stream = openRowStream(
    snapshot,
    `SELECT ${[...columns, ...shownKeys].join(", ")} FROM ${total.sql} AS v
     WHERE topic = $1 AND EXISTS (SELECT FROM ${sql} AS r WHERE ${isSame.join(" AND ")}) ORDER BY v.window_start`,
    [topic],
  );
  let lastMs = NaN;
  let expected = false;
  let isOpen = false;
  let changeable = 0;
  for (let row = await stream.load(); row !== undefined; row = stream.current ?? (await stream.load())) {
    const [start, ms, found, ...texts] = row;
    const startMs = Number(ms);
    if (startMs !== lastMs) {
      lastMs = startMs;
      const lastMoment = startMs + rollup.window.sizeMs - 1;
      isOpen = oracles.length === 0 || oracles.some((oracle) => oracle.takesEventAt(lastMoment));
      const closesMs = startMs + rollup.window.sizeMs + (closedTo?.allowedLatenessMs ?? 0);
      const isPassedOver = closedTo !== undefined && closesMs <= closedTo.ms;
      expected = !isOpen || isPassedOver;
      if (isOpen && isPassedOver) changeable += 1;
    }
    const expectedHere = expected;
    if (found !== expectedHere) {
      findings.add({ link: "log-tables", what: "wrong-value", table: total.name, column: "closed" }, () => ({
        partition: null,
        where: `window ${[start, ...texts].map(showValue).join(", ")}`,
        expected: String(expectedHere),
        found: showValue(found),
      }));
    }
    stream.drop();
  }
  return changeable;
}
