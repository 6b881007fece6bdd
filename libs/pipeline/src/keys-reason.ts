import { printable } from "@tidemark/schema";
import type { PipelineData } from "@tidemark/sinks/tables";
import type { FullWindow } from "@tidemark/windowing";
import type { EventRow } from "./row-maker.js";

/** Why the rejected table holds an event whose keys are beyond the limit of a window. */
export function keysReason({ rollups }: PipelineData, { rollup: name, startMs }: FullWindow, row: EventRow) {
  const { keys = [], keyLimit } = rollups.find((rollup) => rollup.name === name) ?? {};
  const window = `the window ${new Date(startMs).toISOString()} of ${name}`;
  return {
    reason: "too-many-keys",
    field: null,
    expected: `one of the first ${keyLimit?.perWindow} combinations of ${keys.join(", ")} in ${window}`,
    received: printable(keys.map((key) => `${key} ${JSON.stringify(String(row[key]))}`).join(", ")),
  };
}
