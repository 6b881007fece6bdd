import type { FieldType } from "./field.js";
import { describeValue, printable } from "./printable.js";
import type { RejectionReason } from "./rejection.js";
import { findJsonFault } from "./storable-json.js";
import { isStorableText } from "./storable-text.js";
import { cleanText, createTake, isDecimal, isDigits } from "./take.js";
import { looksLikeIsoText, MAX_EPOCH_SECONDS } from "./time-bounds.js";

/** Why a type does not take a value: for one that `createTake(type)` refuses. */
export interface Fault {
  readonly reason: RejectionReason;
  /** Describes the value in a few printable words. */
  readonly received: string;
  /** Follows the words that say what is expected. */
  readonly hint?: string;
}

export function explain(type: FieldType, raw: unknown): Fault {
  if (type.kind === "array" && Array.isArray(raw)) return explainArray(type.of, raw);
  const reason = reasonOf(type, raw);
  const hint = hintOf(type, reason, raw);
  return { reason, received: describeValue(raw), ...(hint === undefined ? {} : { hint }) };
}

function reasonOf(type: FieldType, raw: unknown): RejectionReason {
  switch (type.kind) {
    case "text":
      return typeof raw === "string" ? reasonOfText(type, cleanText(raw, type)) : "wrong-type";
    case "uuid":
      return typeof raw === "string" ? "not-a-uuid" : "wrong-type";
    case "date":
      return typeof raw === "string" ? "invalid-format" : "wrong-type";
    case "enum":
      return typeof raw === "string" ? "not-allowed" : "wrong-type";
    case "integer":
      return reasonOfInteger(raw);
    case "double":
      return typeof raw === "number" ? "out-of-range" : "wrong-type";
    case "time":
      return reasonOfTime(type, raw);
    case "bigint":
      if (typeof raw === "string") return isDigits(raw) ? "out-of-range" : "invalid-format";
      return typeof raw === "bigint" ? "out-of-range" : reasonOfInteger(raw);
    case "decimal":
      if (typeof raw !== "string") return "wrong-type";
      return isDecimal(raw) ? "too-many-digits" : "invalid-format";
    case "json":
      return findJsonFault(raw) ?? "wrong-type";
    case "boolean":
    case "array":
      return "wrong-type";
  }
}

function reasonOfText(type: Extract<FieldType, { kind: "text" }>, text: string): RejectionReason {
  const { minLength = 0, maxLength = Infinity } = type;
  if (text.length < minLength) return text.length === 0 ? "empty" : "too-short";
  if (text.length > maxLength) return "too-long";
  return isStorableText(text) ? "invalid-format" : "invalid-text";
}

function reasonOfInteger(raw: unknown): RejectionReason {
  if (typeof raw !== "number") return "wrong-type";
  return Number.isInteger(raw) || !Number.isFinite(raw) ? "out-of-range" : "not-an-integer";
}

function reasonOfTime({ unit }: Extract<FieldType, { kind: "time" }>, raw: unknown): RejectionReason {
  if (unit === "iso") return typeof raw === "string" ? "invalid-format" : "wrong-type";
  if (typeof raw === "string") return looksLikeIsoText(raw) ? "looks-like-iso-text" : "wrong-type";
  const reason = reasonOfInteger(raw);
  if (reason !== "out-of-range" || unit === "us") return reason;
  // A time up to the year 9999 in a finer unit, and later than that year in its own.
  const end = MAX_EPOCH_SECONDS + 1;
  const value = raw as number;
  if (unit === "s" && value >= end && value < end * 1e3) return "looks-like-milliseconds";
  return value >= end * 1e3 && value < end * 1e6 ? "looks-like-microseconds" : reason;
}

function hintOf(type: FieldType, reason: RejectionReason, raw: unknown): string | undefined {
  if (type.kind !== "time") return undefined;
  if (reason === "looks-like-iso-text") return "; this looks like ISO 8601 text, not like a number";
  if (reason === "looks-like-milliseconds") return `; this looks like milliseconds (of ${(raw as number) / 1e3} s)`;
  if (reason !== "looks-like-microseconds") return undefined;
  const own = type.unit === "s" ? `${(raw as number) / 1e6} s` : `${(raw as number) / 1e3} ms`;
  return `; this looks like microseconds (of ${own})`;
}

function explainArray(type: FieldType, elements: readonly unknown[]): Fault {
  const take = createTake(type);
  const at = elements.findIndex((element) => element === null || take(element) === undefined);
  const fault = explain(type, elements[at]);
  return { ...fault, received: printable(`element ${at}: ${fault.received}`) };
}
