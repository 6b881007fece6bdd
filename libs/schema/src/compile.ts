import { isTextOnWire } from "./column-type.js";
import type { DefinedField } from "./define-fields.js";
import { emitObject, targetOf, wordsOf, type EventShape, type Target } from "./event-target.js";
import type { Field } from "./field.js";
import * as values from "./scan-values.js";
import { isStorableText } from "./storable-text.js";
import { createTake } from "./take.js";
import { textOnWire } from "./to-wire.js";
import { bytesOf } from "./utf8.js";
import { isUuidShaped, readUuidWords } from "./uuid-shape.js";

/** Functions that are generated for one definition. */
export interface CompiledEvent<E> {
  /** Reads the bytes from `from` to `to` where they are spelt as `encode` or Python's json spells them; null for anything else, valid or not. */
  readonly scan: ((bytes: Uint8Array, from: number, to: number) => E | null) | null;
  /** Reads what JSON.parse gives; null where the interpreted path has to decide. */
  readonly guard: (value: object) => E | null;
  /** The event's values in wire order, for JSON.stringify. */
  readonly toWire: (event: E) => object;
}

/**
 * Compiles a definition to JavaScript, which is several times as fast as interpreting it. Null where a field needs zod, and
 * where the host forbids `new Function` (a page under a Content Security Policy): then the interpreted path does it all.
 * Property tests hold both paths equal. The only names of the user's in the code are keys, as JSON writes them.
 */
export function compileEvent<E>(defined: readonly DefinedField[], shape: EventShape = {}): CompiledEvent<E> | null {
  if (defined.some(({ beyond }) => beyond !== undefined)) return null;
  const fields = defined.map(({ field }) => field);
  const target = targetOf(fields, shape);
  const scan = canScan(fields) ? emitScan(fields, target) : "null";
  const parameters = { ...values, isStorableText, isUuidShaped, textOnWire, writeWords, noBytes, ...partsOf(fields) };
  const body = `"use strict"; const cursor = { bytes: noBytes, at: 0 }; ${target.setUp} return { scan: ${scan}, guard: ${emitGuard(fields, target)}, toWire: ${emitToWire(fields)} };`;
  try {
    const make = new Function(...Object.keys(parameters), body) as (...given: unknown[]) => CompiledEvent<E>;
    return make(...Object.values(parameters));
  } catch {
    return null;
  }
}

/** Before the first event. The cursor is one object for all events: it keeps the bytes of the last one. */
const noBytes = new Uint8Array(0);

/** Values that the code refers to by name and number of the field. */
function partsOf(fields: readonly Field[]): Record<string, unknown> {
  const parts: Record<string, unknown> = {};
  for (const [index, field] of fields.entries()) {
    const pattern = "pattern" in field.type ? field.type.pattern : undefined;
    parts[`take${index}`] = createTake(field.type);
    parts[`pattern${index}`] = pattern && new RegExp(pattern.source, pattern.flags);
    parts[`known${index}`] = values.createKnownTexts();
    parts[`default${index}`] = field.default;
    parts[`opening${index}`] = openingOf(field, index);
  }
  return parts;
}

function writeWords(words: Int32Array, text: string): boolean {
  return readUuidWords(bytesOf(text), 0, words);
}

function emitToWire(fields: readonly Field[]): string {
  const read = fields.map(({ name, type }) => {
    const value = `event[${JSON.stringify(name)}]`;
    return isTextOnWire(type) ? `textOnWire(${value})` : value;
  });
  return `function toWire(event) { return ${emitObject(fields, (index) => read[index] as string)}; }`;
}

// --- what JSON.parse gives

function emitGuard(fields: readonly Field[], target: Target): string {
  const reads = fields.map((field, index) => {
    const value = `v${index}`;
    const key = JSON.stringify(field.name);
    // What every object inherits is no value of its own.
    const own =
      field.name in Object.prototype ? `Object.hasOwn(value, ${key}) ? value[${key}] : undefined` : `value[${key}]`;
    const missing = field.default === undefined ? "" : `if (${value} === undefined) ${value} = default${index}; else `;
    const absent = field.nullable ? `if (${value} !== null) ` : "";
    return `let ${value} = ${own}; ${missing}${absent}{ ${emitCheck(field, index, value)} }`;
  });
  const words = fields.map((field, index) =>
    target.isWords(field) ? `if (!writeWords(${wordsOf(field)}, v${index})) return null;` : "",
  );
  return `function guard(value) { ${reads.join("\n")}\n${target.open} ${words.join(" ")} ${target.close} }`;
}

function emitCheck({ type }: Field, index: number, value: string): string {
  const test = "pattern" in type && type.pattern !== undefined ? ` || !pattern${index}.test(${value})` : "";
  switch (type.kind) {
    case "text": {
      const { minLength = 0, maxLength, letterCase } = type;
      const trim = type.trim === true ? `${value} = ${value}.trim();` : "";
      const change =
        letterCase === undefined ? "" : `${value} = ${value}.to${letterCase === "lower" ? "Lower" : "Upper"}Case();`;
      const tooShort = minLength === 0 ? "" : `${value}.length < ${minLength} || `;
      const tooLong = maxLength === undefined ? "" : `${value}.length > ${maxLength} || `;
      return (
        `if (typeof ${value} !== "string") return null; ${trim} ${change} ` +
        `if (${tooShort}${tooLong}!isStorableText(${value})${test}) return null;`
      );
    }
    case "uuid":
      return (
        `if (typeof ${value} !== "string" || !isUuidShaped(${value})) return null; ` +
        `${value} = ${value}.toLowerCase(); ${test === "" ? "" : `if (false${test}) return null;`}`
      );
    case "integer":
    case "time":
      if (type.kind === "time" && type.unit === "iso") break;
      return `if (!Number.isInteger(${value}) || !(${value} >= ${type.min} && ${value} <= ${type.max})) return null; ${value} += 0;`;
    default:
  }
  return `${value} = take${index}(${value}); if (${value} === undefined) return null;`;
}

// --- bytes

const SCANNED = new Set(["text", "uuid", "integer", "double", "boolean", "enum", "time", "date", "bigint", "decimal"]);

// Behind commas and colons within a name no space may be passed over, so such a name is left to JSON.parse.
function canScan(fields: readonly Field[]): boolean {
  return fields.every(({ name, type }) => SCANNED.has(type.kind) && !/[,:]/.test(name));
}

function isQuoted({ type }: Field): boolean {
  if (type.kind === "time") return type.unit === "iso";
  return type.kind !== "integer" && type.kind !== "double" && type.kind !== "boolean";
}

function openingOf(field: Field, index: number): Uint8Array {
  return bytesOf(
    `${index === 0 ? "{" : ","}${JSON.stringify(field.name)}:${isQuoted(field) && !field.nullable ? '"' : ""}`,
  );
}

function emitScan(fields: readonly Field[], target: Target): string {
  const reads = fields.map((field, index) => {
    const value = `v${index}`;
    const opening = `if (!skip(cursor, opening${index})) return null;`;
    if (target.isWords(field)) return `${opening} if (!readWords(cursor, ${wordsOf(field)})) return null;`;
    const read = emitRead(field, index, value);
    if (!field.nullable) return `${opening} let ${value} = ${read}`;
    const quote = isQuoted(field) ? "if (!skipQuote(cursor)) return null;" : "";
    return `${opening} let ${value} = null; if (!skipNull(cursor)) { ${quote} ${value} = ${read} }`;
  });
  return (
    `function scan(bytes, from, to) { cursor.bytes = bytes; cursor.at = from; ${target.open}\n${reads.join("\n")}\n` +
    `if (bytes[cursor.at] !== 125 || cursor.at + 1 !== to) return null;\n${target.close} }`
  );
}

function emitRead({ type }: Field, index: number, value: string): string {
  const failed = `if (${value} === null) return null;`;
  const test =
    "pattern" in type && type.pattern !== undefined ? `if (!pattern${index}.test(${value})) return null;` : "";
  switch (type.kind) {
    case "uuid":
      return `readUuid(cursor); ${failed} ${test}`;
    case "text": {
      const { minLength = 0, maxLength = "Infinity", letterCase } = type;
      const read = type.trim === true ? "readTrimmed" : "readText";
      const change =
        letterCase === undefined ? "" : `${value} = ${value}.to${letterCase === "lower" ? "Lower" : "Upper"}Case();`;
      return `${read}(cursor, ${minLength}, ${maxLength}, known${index}); ${failed} ${change} ${test}`;
    }
    case "integer":
    case "time":
      if (type.kind === "time" && type.unit === "iso") break;
      if ((type.min ?? 0) < 0) return `readInteger(cursor, ${type.min}, ${type.max}); ${failed}`;
      return `readCount(cursor, ${type.min}, ${type.max}); if (${value} === NONE) return null;`;
    case "boolean":
      return `readBoolean(cursor); ${failed}`;
    case "double":
      return `readDouble(cursor); ${failed} ${value} = take${index}(${value}); if (${value} === undefined) return null;`;
    default:
  }
  return (
    `readText(cursor, 0, Infinity, known${index}); ${failed} ` +
    `${value} = take${index}(${value}); if (${value} === undefined) return null;`
  );
}
