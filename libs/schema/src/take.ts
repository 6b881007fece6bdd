import type { FieldType } from "./field.js";
import { findJsonFault } from "./storable-json.js";
import { isStorableText } from "./storable-text.js";
import { isDate, isIsoTime } from "./time-bounds.js";
import { isUuidShaped } from "./uuid-shape.js";

/** The event's value for a value of the wire, neither null nor missing; undefined where the type does not take it. */
export type Take = (raw: unknown) => unknown;

/** Reads a type. An event's own value is taken too and comes back as it is. */
export function createTake(type: FieldType): Take {
  switch (type.kind) {
    case "text":
      return createTakeText(type);
    case "uuid":
      return createTakeUuid(type);
    case "integer":
      return createTakeInteger(type.min, type.max);
    case "double":
      return createTakeDouble(type);
    case "boolean":
      return (raw) => (typeof raw === "boolean" ? raw : undefined);
    case "enum": {
      const values: ReadonlySet<unknown> = new Set(type.values);
      return (raw) => (values.has(raw) ? raw : undefined);
    }
    case "time":
      return type.unit === "iso"
        ? createTakeIso(type)
        : createTakeInteger(type.min ?? 0, type.max ?? Number.MAX_SAFE_INTEGER);
    case "date":
      return (raw) => (typeof raw === "string" && isDate(raw) ? raw : undefined);
    case "bigint":
      return takeBigint;
    case "decimal":
      return (raw) => (typeof raw === "string" && isDecimal(raw) && fitsDecimal(raw, type) ? raw : undefined);
    case "array":
      return createTakeArray(createTake(type.of));
    case "json":
      return (raw) => (findJsonFault(raw) === null ? raw : undefined);
  }
}

type TypeOf<Kind extends FieldType["kind"]> = Extract<FieldType, { kind: Kind }>;

/** The text as it is after trimming and the change of case. */
export function cleanText(raw: string, { trim, letterCase }: TypeOf<"text">): string {
  const text = trim === true ? raw.trim() : raw;
  if (letterCase === undefined) return text;
  return letterCase === "lower" ? text.toLowerCase() : text.toUpperCase();
}

function regExpOf({ source, flags }: { readonly source: string; readonly flags: string }): RegExp {
  return new RegExp(source, flags);
}

function createTakeText(type: TypeOf<"text">): Take {
  const { minLength = 0, maxLength = Infinity } = type;
  const pattern = type.pattern && regExpOf(type.pattern);
  return (raw) => {
    if (typeof raw !== "string") return undefined;
    const text = cleanText(raw, type);
    if (text.length < minLength || text.length > maxLength || !isStorableText(text)) return undefined;
    return pattern === undefined || pattern.test(text) ? text : undefined;
  };
}

function createTakeUuid(type: TypeOf<"uuid">): Take {
  const pattern = type.pattern && regExpOf(type.pattern);
  return (raw) => {
    if (typeof raw !== "string" || !isUuidShaped(raw)) return undefined;
    const uuid = raw.toLowerCase();
    return pattern === undefined || pattern.test(uuid) ? uuid : undefined;
  };
}

// Adding 0 turns -0, which JSON.parse can give, into 0.
function createTakeInteger(min: number, max: number): Take {
  return (raw) =>
    Number.isInteger(raw) && (raw as number) >= min && (raw as number) <= max ? (raw as number) + 0 : undefined;
}

function createTakeDouble(type: TypeOf<"double">): Take {
  const { min = -Infinity, max = Infinity, exclusiveMin = -Infinity, exclusiveMax = Infinity } = type;
  return (raw) => {
    if (typeof raw !== "number" || !Number.isFinite(raw)) return undefined;
    return raw >= min && raw <= max && raw > exclusiveMin && raw < exclusiveMax ? raw + 0 : undefined;
  };
}

function createTakeIso(type: TypeOf<"time">): Take {
  const pattern = type.pattern && regExpOf(type.pattern);
  return (raw) => {
    if (typeof raw !== "string" || !isIsoTime(raw)) return undefined;
    return pattern === undefined || pattern.test(raw) ? raw : undefined;
  };
}

/** Whether text is a sign and digits, as a bigint is written. */
export function isDigits(text: string): boolean {
  return /^-?\d+$/.test(text);
}

const MIN_BIGINT = -(2n ** 63n);
const MAX_BIGINT = 2n ** 63n - 1n;

function takeBigint(raw: unknown): bigint | undefined {
  if (typeof raw === "string" ? !isDigits(raw) : !Number.isSafeInteger(raw) && typeof raw !== "bigint")
    return undefined;
  const value = BigInt(raw as string | number | bigint);
  return value >= MIN_BIGINT && value <= MAX_BIGINT ? value : undefined;
}

/** Whether text is a decimal number without an exponent. */
export function isDecimal(text: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(text);
}

function fitsDecimal(text: string, { precision, scale }: TypeOf<"decimal">): boolean {
  const [whole = "", fraction = ""] = text.split(".");
  return whole.replace(/^-?0*/, "").length <= precision - scale && fraction.length <= scale;
}

function createTakeArray(takeElement: Take): Take {
  return (raw) => {
    if (!Array.isArray(raw)) return undefined;
    const taken: unknown[] = [];
    for (const element of raw) {
      const value = element === null ? undefined : takeElement(element);
      if (value === undefined) return undefined;
      taken.push(value);
    }
    return taken;
  };
}
