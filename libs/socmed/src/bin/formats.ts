import type { ScenarioRecord } from "../scenario/index.js";
import type { Located } from "@tidemark/scenario/oracle";
import type { Lines } from "./lines.js";
import type { Options } from "./options.js";

/** Adds a record's line. */
export type Format = (lines: Lines, record: ScenarioRecord, at: Located) => void;

const nothing = new Uint8Array(0);
// A byte-order mark is part of a value.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How lines look, by the options. */
export function createFormat({ format, labels }: Pick<Options, "format" | "labels">): Format {
  // No value of the stream has a newline in it, so that a line is a value. A tombstone has none: its line is empty, so
  // that line n stays event n.
  if (format === "values") return (lines, { value }) => lines.addBytes(value ?? nothing);
  return (lines, record, at) => lines.addText(JSON.stringify(toObject(record, at, labels)));
}

function toObject(record: ScenarioRecord, { partition, offset }: Located, labels: boolean): object {
  const { index, key, value, timestampMs, label } = record;
  const text = value === null ? null : textOf(value);
  return {
    partition,
    offset,
    timestamp: timestampMs,
    key,
    ...(value !== null && text === null ? { valueBase64: Buffer.from(value).toString("base64") } : { value: text }),
    ...(labels && { index, label }),
  };
}

/** null where the bytes are no UTF-8. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
