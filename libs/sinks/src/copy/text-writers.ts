import { unencodable } from "../errors.js";
import type { ColumnWriter } from "./column-writers.js";
import { writeUuid } from "./uuid-bytes.js";

const UUID_BYTES = 16;
const UUID_WORDS = 4;
const JSONB_VERSION = 1;
const LONE_SURROGATE = /\p{Surrogate}/u; // UTF-8 has no form for it: it would be written as U+FFFD
// JSON.stringify escapes U+0000 and lone surrogates like this, and nothing else that jsonb refuses.
const UNSTORABLE_ESCAPE = /(?:^|[^\\])(?:\\\\)*\\u(?:0000|d[89a-f][\da-f]{2})/;

export function texts(type: string, column: string): ColumnWriter {
  return (out, value) => {
    if (typeof value === "string" && out.shortText(value)) return;
    if (typeof value !== "string" || value.includes("\0") || LONE_SURROGATE.test(value))
      throw unencodable(column, type, value);
    out.text(value);
  };
}

/** Texts of at most so many characters, which Postgres counts as code points. */
export function shortTexts(type: string, column: string, most: number): ColumnWriter {
  const write = texts(type, column);
  return (out, value) => {
    if (typeof value === "string" && value.length > most && [...value].length > most)
      throw unencodable(column, type, value);
    write(out, value);
  };
}

export function enumLabels(type: string, column: string, labels: readonly string[]): ColumnWriter {
  const known = new Set<unknown>(labels);
  const write = texts(type, column);
  return (out, value) => {
    if (!known.has(value)) throw unencodable(column, type, value);
    write(out, value);
  };
}

/** Texts, and the four words of 32 bits of a UUID. */
export function uuids(type: string, column: string): ColumnWriter {
  return (out, value) => {
    out.int32(UUID_BYTES);
    if (value instanceof Int32Array && value.length === UUID_WORDS) {
      for (let word = 0; word < UUID_WORDS; word += 1) out.int32(value[word] as number);
      return;
    }
    if (typeof value !== "string" || !writeUuid(out, value)) throw unencodable(column, type, value);
  };
}

/** Values that JSON has, but no text with U+0000 or a lone surrogate. */
export function jsonValues(type: string, column: string): ColumnWriter {
  return (out, value) => {
    const text = stringify(value);
    if (text === undefined || UNSTORABLE_ESCAPE.test(text)) throw unencodable(column, type, value);
    const bytes = Buffer.from(text);
    const version = type === "jsonb" ? 1 : 0;
    out.reserve(4 + version);
    out.int32(bytes.length + version);
    if (version > 0) out.int8(JSONB_VERSION);
    out.raw(bytes);
  };
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
