/** `nx run windowing:bench`: cost per event, each case in a process of its own, beside a bare Map over the same events. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cases } from "./cases.js";
import type { CaseFigures } from "./run-case.js";
import { measureSnapshot } from "./snapshot.js";

const runner = fileURLToPath(new URL("run-case.ts", import.meta.url));
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const widths = [24, 10, 9, 10, 10, 10, 7, 12, 12] as const;

function print(cells: readonly string[]): void {
  console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at] ?? 0))).join(" "));
}

console.log(
  "1,000 events to a second of event time, a delay of 5 minutes, a checkpoint every 5,000 events, best of 5 rounds",
);
print(["windows", "order", "keys", "events", "ns/event", "Map ns", "ratio", "rows held", "bytes/row"]);
for (const [index, { name, shape }] of cases.entries()) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, "--expose-gc", runner, String(index)],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stderr);
  const { taskNs, mapNs, rows, bytesPerRow } = JSON.parse(stdout) as CaseFigures;
  print([
    name,
    shape.shuffledMs === 0 ? "in order" : "shuffled",
    whole.format(shape.keys),
    whole.format(shape.events),
    taskNs.toFixed(0),
    mapNs.toFixed(0),
    (mapNs / taskNs).toFixed(2),
    whole.format(rows),
    bytesPerRow === null ? "-" : bytesPerRow.toFixed(0),
  ]);
}

const { windows, takeMs, restoreMs, megabytes } = measureSnapshot(100_000);
console.log(
  `a snapshot of ${whole.format(windows)} windows: ${takeMs.toFixed(0)} ms to JSON of ${megabytes.toFixed(1)} MB, ${restoreMs.toFixed(0)} ms back`,
);
