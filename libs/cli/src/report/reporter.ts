import type { Writable } from "node:stream";
import type { EventRow, Pipeline, PipelineEvent, Progress } from "@tidemark/pipeline";
import { formatJson, formatStatus, formatTable } from "./format.js";

/** The output of a program that runs a pipeline, for a person or a machine. */
export interface Reporter {
  /** A line of its own. */
  note(text: string): void;
  /** Something happened to the pipeline. */
  on(event: PipelineEvent): void;
  /** Called once a second. */
  progress(progress: Progress): void;
  /** The last line. */
  finish(progress: Progress): void;
}

export interface Output {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly pipeline: Pick<Pipeline, "data">;
  /** The program's, at the start of each line for people. */
  readonly name: string;
}

const PREFIX_COLUMNS = 10;

const plainLineEverySeconds = 5;
const clearLine = "\r\u001B[K";

/** A terminal gets one line that is updated; a file or a pipe a plain line at the first rows and every 5 s. */
export function createStatusReporter({ stream, name }: Output): Reporter {
  const prefix = name.padEnd(PREFIX_COLUMNS);
  let live = false;
  let seconds = 0;
  let begun = false;
  const line = (text: string) => {
    stream.write(live ? `${clearLine}${text}\n` : `${text}\n`);
    live = false;
  };
  return {
    note: (text) => line(`${prefix}${text}`),
    on: () => {},
    progress(progress) {
      const text = `${prefix}${formatStatus(progress)}`;
      seconds += 1;
      if (stream.isTTY === true) {
        const columns = Math.max((stream.columns || 80) - 1, 20);
        const fitting = text.length <= columns ? text : formatStatus(progress, true);
        stream.write(`${clearLine}${fitting.slice(0, columns)}`);
        live = true;
      } else if (seconds % plainLineEverySeconds === 0 || (!begun && progress.ledger.read > 0)) line(text);
      begun ||= progress.ledger.read > 0;
    },
    finish: (progress) => line(`${prefix}${formatStatus(progress)}`),
  };
}

/** Lines of JSON: `progress` once a second, `note`, and `done` at the end. */
export function createJsonReporter({ stream }: Output): Reporter {
  return {
    note: (text) => stream.write(`${JSON.stringify({ kind: "note", text })}\n`),
    on: () => {},
    progress: (progress) => stream.write(`${formatJson(progress)}\n`),
    finish: (progress) => stream.write(`${formatJson(progress).replace('"progress"', '"done"')}\n`),
  };
}

/** Each checkpoint's rows as a table with their rates, once they are committed. */
export function createTableReporter({ stream, pipeline, name }: Output): Reporter {
  const prefix = name.padEnd(PREFIX_COLUMNS);
  const waiting = new Map<number, EventRow[]>();
  let batch = 0;
  const line = (text: string) => stream.write(`${text}\n`);

  function committed(partition: number, nextOffset: number): void {
    const rows = waiting.get(partition) ?? [];
    const written = rows.filter(({ offset }) => offset < nextOffset);
    waiting.set(
      partition,
      rows.filter(({ offset }) => offset >= nextOffset),
    );
    if (written.length === 0) return;
    line(formatTable(`Batch ${batch}: partition ${partition}, up to offset ${nextOffset}`, pipeline.data, written));
    batch += 1;
  }

  return {
    note: (text) => line(`${prefix}${text}`),
    on(event) {
      if (event.type === "claimed") waiting.delete(event.partition);
      if (event.type === "committed") committed(event.partition, event.checkpoint.nextOffset);
      if (event.type === "processed") {
        waiting.set(event.partition, [...(waiting.get(event.partition) ?? []), ...event.rows().rows]);
      }
    },
    progress: () => {},
    finish: (progress) => line(`${prefix}${formatStatus(progress)}`),
  };
}
