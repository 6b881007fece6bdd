import type { PipelineEvent, PipelineListener } from "./pipeline-event.js";

/** So many rejected records in a row, with no event between them, are no accident: nothing that comes is what the pipeline expects. */
const REJECTED_IN_A_ROW = 20;

/**
 * Tells when every record is rejected, over all partitions, and when the first is taken again. Records that are late count as
 * taken, as duplicates do not: they were events once. Listens to `processed`, before anything is committed.
 */
export function createRejectionAlarm(emit: PipelineListener): PipelineListener {
  let rejected = 0;
  let isTold = false;

  return (event: PipelineEvent) => {
    if (event.type !== "processed") return;
    const { rows, late, rejected: added } = event.rows;
    if (rows.length > 0 || late.length > 0) {
      rejected = 0;
      if (isTold) emit({ type: "rejections-ended" });
      isTold = false;
      return;
    }
    // A record from the future is an event, though it is set apart in the same table.
    const unread = added.filter(({ reason }) => reason !== "future");
    rejected += unread.length;
    const newest = unread.at(-1);
    if (isTold || newest === undefined || rejected < REJECTED_IN_A_ROW) return;
    isTold = true;
    const { reason, expected, received } = newest;
    emit({ type: "all-rejected", records: rejected, reason, expected, received });
  };
}
