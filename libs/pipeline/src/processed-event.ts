import type { EventRows } from "./event-rows.js";
import type { ProcessedRows } from "./partition-processor.js";
import type { PipelineListener, ProcessedEvent } from "./pipeline-event.js";

/**
 * Tells of a batch's rows, which may be written over by the next batch. Nearly no listener asks for them, so that they are copied
 * only then; asked for later they throw Error.
 */
export function emitProcessed(
  emit: PipelineListener,
  { partition, lead }: Pick<ProcessedEvent, "partition" | "lead">,
  made: ProcessedRows,
  { keep }: EventRows,
): void {
  let isOver = false;
  emit({
    type: "processed",
    partition,
    taken: made.rows.length + made.late.length,
    rows() {
      if (isOver) throw new Error("A listener asks for the rows of a `processed` event before it returns.");
      return { ...made, rows: made.rows.map(keep), late: made.late.map(keep) };
    },
    lead,
  });
  isOver = true;
}
