import { nameFormat, type IsEvent } from "./known-formats.js";
import type { RejectedRow } from "./rejected-row.js";
import type { PipelineEvent, PipelineListener } from "./pipeline-event.js";

/** So many rejected records in a row, with no event between them, are no accident: nothing that comes is what the pipeline expects. */
const REJECTED_IN_A_ROW = 20;
/** Reasons of records that are events, set apart in the same table by their time or by a person. */
const EVENTS: ReadonlySet<string> = new Set(["future", "excluded"]);

/**
 * Tells when every record is rejected, over all partitions, and when the first is taken again. Records that are late count as
 * taken, as duplicates do not: they were events once. Listens to `processed`, before anything is committed. The cause is named where
 * the newest records all have the same.
 */
export function createRejectionAlarm(emit: PipelineListener, isEvent: IsEvent): PipelineListener {
  let rejected = 0;
  let isTold = false;
  let newest: readonly RejectedRow[] = [];

  return (event: PipelineEvent) => {
    if (event.type !== "processed") return;
    if (event.taken > 0) {
      rejected = 0;
      newest = [];
      if (isTold) emit({ type: "rejections-ended" });
      isTold = false;
      return;
    }
    const unread = event.rows().rejected.filter(({ reason }) => !EVENTS.has(reason));
    rejected += unread.length;
    if (isTold || unread.length === 0) return;
    newest = [...newest, ...unread].slice(-REJECTED_IN_A_ROW);
    const last = newest.at(-1);
    if (last === undefined || rejected < REJECTED_IN_A_ROW) return;
    isTold = true;
    const { reason, expected, received } = last;
    const cause = findCause(newest, isEvent);
    newest = [];
    emit({ type: "all-rejected", records: rejected, reason, expected, received, cause });
  };
}

/** What all of the records have in common. Records without a value say nothing of the others. */
function findCause(rows: readonly RejectedRow[], isEvent: IsEvent): string | undefined {
  const values = rows.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
  const causes = new Set(values.map((bytes) => nameFormat(bytes, isEvent)));
  const [cause, ...others] = causes;
  if (others.length === 0) return cause;
  // Several schemas may share a topic; but bytes that differ in each record are no ids of schemas.
  const framed = [...causes].every((one) => one?.startsWith("the values are framed by Confluent") ?? false);
  return framed && causes.size <= values.length / 5 ? [...causes].join("; or ") : undefined;
}
