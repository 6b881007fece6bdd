import type { Writable } from "node:stream";
import { formatJson, formatStatus, formatTable } from "./format.js";
import type { EventRow } from "./event-row.js";
import type { FoldedRows } from "./partition-fold.js";
import type { Progress } from "./progress.js";

/** What a person or a machine sees. */
export interface Reporter {
  /** Something happened that is worth a line of its own. */
  note(text: string): void;
  /** Rows were made of a partition's records; they are not committed yet. */
  folded(partition: number, rows: FoldedRows): void;
  /** All rows of the partition below this offset are committed. */
  committed(partition: number, nextOffset: number): void;
  /** Called once a second. */
  progress(progress: Progress): void;
  /** The last word: what was reached. */
  finish(progress: Progress): void;
}

export interface Output {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

const plainLineEverySeconds = 5;
const clearLine = "\r\u001B[K";

/** A terminal gets one line that is updated; a file or a pipe a plain line at the first rows and every 5 s. */
export function createStatusReporter({ stream }: Output): Reporter {
  let live = false;
  let seconds = 0;
  let begun = false;
  const line = (text: string) => {
    stream.write(live ? `${clearLine}${text}\n` : `${text}\n`);
    live = false;
  };
  return {
    note: (text) => line(`consumer  ${text}`),
    folded: () => {},
    committed: () => {},
    progress(progress) {
      const text = `consumer  ${formatStatus(progress)}`;
      seconds += 1;
      if (stream.isTTY === true) {
        const columns = Math.max((stream.columns || 80) - 1, 20);
        const fitting = text.length <= columns ? text : formatStatus(progress, true);
        stream.write(`${clearLine}${fitting.slice(0, columns)}`);
        live = true;
      } else if (seconds % plainLineEverySeconds === 0 || (!begun && progress.ledger.read > 0)) line(text);
      begun ||= progress.ledger.read > 0;
    },
    finish: (progress) => line(`consumer  ${formatStatus(progress)}`),
  };
}

/** Lines of JSON: `progress` once a second, `note`, and `done` at the end. */
export function createJsonReporter({ stream }: Output): Reporter {
  return {
    note: (text) => stream.write(`${JSON.stringify({ kind: "note", text })}\n`),
    folded: () => {},
    committed: () => {},
    progress: (progress) => stream.write(`${formatJson(progress)}\n`),
    finish: (progress) => stream.write(`${formatJson(progress).replace('"progress"', '"done"')}\n`),
  };
}

/** Each checkpoint's rows as a table with their rates, once they are committed. */
export function createTableReporter({ stream }: Output): Reporter {
  const waiting = new Map<number, EventRow[]>();
  let batch = 0;
  const line = (text: string) => stream.write(`${text}\n`);
  return {
    note: (text) => line(`consumer  ${text}`),
    folded(partition, { rows }) {
      waiting.set(partition, [...(waiting.get(partition) ?? []), ...rows]);
    },
    committed(partition, nextOffset) {
      const rows = waiting.get(partition) ?? [];
      const committed = rows.filter(({ offset }) => offset < nextOffset);
      waiting.set(
        partition,
        rows.filter(({ offset }) => offset >= nextOffset),
      );
      if (committed.length === 0) return;
      line(formatTable(`Batch ${batch}: partition ${partition}, up to offset ${nextOffset}`, committed));
      batch += 1;
    },
    progress: () => {},
    finish: (progress) => line(`consumer  ${formatStatus(progress)}`),
  };
}
