import type { OracleField, OracleFieldType, OracleTimeUnit } from "./definition.js";
import type { RejectionReason } from "./rejection-reason.js";
import { isDate, isIsoTime, looksLikeIsoText } from "./iso-time.js";

/** What a check gives instead of a value that is wrong. */
export class Wrong {
  readonly reason: RejectionReason;

  constructor(reason: RejectionReason) {
    this.reason = reason;
  }
}

/** The row's value of a value on the wire (undefined: the key is missing), or why it is wrong. */
export type Check = (raw: unknown) => unknown;

const wrongType = new Wrong("wrong-type");

/** A missing key whose field is optional is null in the row, as it is in the tables. */
export function createFieldCheck({ type, nullable, optional, default: value }: OracleField): Check {
  const check = createCheck(type);
  const missing = value ?? (optional ? null : new Wrong("missing-field"));
  return (raw) => {
    if (raw === undefined) return missing;
    if (raw === null) return nullable ? null : type.kind === "json" ? null : wrongType;
    return check(raw);
  };
}

function createCheck(type: OracleFieldType): Check {
  switch (type.kind) {
    case "text":
      return createTextCheck(type);
    case "uuid":
      return createUuidCheck(type.pattern);
    case "integer":
      return createIntegerCheck(type.min, type.max);
    case "double":
      return createDoubleCheck(type);
    case "boolean":
      return (raw) => (typeof raw === "boolean" ? raw : wrongType);
    case "enum":
      return createTextsCheck("not-allowed", (text) => type.values.includes(text));
    case "date":
      return createTextsCheck("invalid-format", isDate);
    case "time":
      return type.unit === "iso" ? createIsoCheck(type.pattern) : createTimeCheck(type.unit, type.min, type.max);
    case "bigint":
      return checkBigint;
    case "decimal":
      return createDecimalCheck(type.precision, type.scale);
    case "array":
      return createArrayCheck(createCheck(type.of));
    case "json":
      return (raw) => findJsonFault(raw, 0) ?? raw;
  }
}

type TypeOf<Kind extends OracleFieldType["kind"]> = Extract<OracleFieldType, { readonly kind: Kind }>;

const tooShort = new Wrong("too-short");
const tooLong = new Wrong("too-long");
const empty = new Wrong("empty");
const invalidText = new Wrong("invalid-text");
const invalidFormat = new Wrong("invalid-format");
const invalid = new Wrong("invalid");

/** With the flag u a surrogate is only matched where the other half is missing. */
const unstorable = /[\0\ud800-\udfff]/u;

function createTextCheck({ trim, letterCase, minLength = 0, maxLength = Infinity, pattern }: TypeOf<"text">): Check {
  const regExp = regExpOf(pattern);
  return (raw) => {
    if (typeof raw !== "string") return wrongType;
    let text = trim === true ? raw.trim() : raw;
    if (letterCase !== undefined) text = letterCase === "lower" ? text.toLowerCase() : text.toUpperCase();
    if (text.length < minLength) return text === "" ? empty : tooShort;
    if (text.length > maxLength) return tooLong;
    if (unstorable.test(text)) return invalidText;
    return regExp === undefined || regExp.test(text) ? text : invalidFormat;
  };
}

function regExpOf(pattern: TypeOf<"text">["pattern"]): RegExp | undefined {
  return pattern && new RegExp(pattern.source, pattern.flags);
}

const uuidShape = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

function createUuidCheck(pattern: TypeOf<"uuid">["pattern"]): Check {
  const regExp = regExpOf(pattern);
  return createCleanedCheck("not-a-uuid", (raw) => {
    const text = raw.toLowerCase();
    return uuidShape.test(text) && (regExp === undefined || regExp.test(text)) ? text : undefined;
  });
}

function createCleanedCheck(reason: RejectionReason, clean: (text: string) => string | undefined): Check {
  const wrong = new Wrong(reason);
  return (raw) => (typeof raw === "string" ? (clean(raw) ?? wrong) : wrongType);
}

function createTextsCheck(reason: RejectionReason, isRight: (text: string) => boolean): Check {
  return createCleanedCheck(reason, (text) => (isRight(text) ? text : undefined));
}

const outOfRange = new Wrong("out-of-range");
const notAnInteger = new Wrong("not-an-integer");

/** JSON's 1e400 is Infinity, which is too much rather than no integer. Adding 0 makes 0 of -0. */
function createIntegerCheck(min: number, max: number): Check {
  return (raw) => {
    if (typeof raw !== "number") return wrongType;
    if (Number.isFinite(raw) && !Number.isInteger(raw)) return notAnInteger;
    return raw >= min && raw <= max ? raw + 0 : outOfRange;
  };
}

function createDoubleCheck(type: TypeOf<"double">): Check {
  const { min = -Infinity, max = Infinity, exclusiveMin = -Infinity, exclusiveMax = Infinity } = type;
  return (raw) => {
    if (typeof raw !== "number") return wrongType;
    const isWithin = raw >= min && raw <= max && raw > exclusiveMin && raw < exclusiveMax;
    return isWithin && Number.isFinite(raw) ? raw + 0 : outOfRange;
  };
}

const looksLikeMilliseconds = new Wrong("looks-like-milliseconds");
const looksLikeMicroseconds = new Wrong("looks-like-microseconds");
const looksLikeIso = new Wrong("looks-like-iso-text");
/** The first second after the year 9999. */
const endSeconds = 253_402_300_800;

function createTimeCheck(unit: Exclude<OracleTimeUnit, "iso">, min = 0, max = Number.MAX_SAFE_INTEGER): Check {
  const check = createIntegerCheck(min, max);
  return (raw) => {
    if (typeof raw === "string") return looksLikeIsoText(raw) ? looksLikeIso : wrongType;
    const value = check(raw);
    if (value !== outOfRange || unit === "us") return value;
    const number = raw as number;
    if (unit === "s" && number >= endSeconds && number < endSeconds * 1e3) return looksLikeMilliseconds;
    return number >= endSeconds * 1e3 && number < endSeconds * 1e6 ? looksLikeMicroseconds : value;
  };
}

function createIsoCheck(pattern: TypeOf<"time">["pattern"]): Check {
  const regExp = regExpOf(pattern);
  return createTextsCheck("invalid-format", (text) => isIsoTime(text) && (regExp === undefined || regExp.test(text)));
}

const checkSafeInteger = createIntegerCheck(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

function checkBigint(raw: unknown): unknown {
  if (typeof raw !== "string") {
    const value = checkSafeInteger(raw);
    return typeof value === "number" ? BigInt(value) : value;
  }
  if (!/^-?\d+$/.test(raw)) return invalidFormat;
  const value = BigInt(raw);
  return BigInt.asIntN(64, value) === value ? value : outOfRange;
}

const tooManyDigits = new Wrong("too-many-digits");

function createDecimalCheck(precision: number, scale: number): Check {
  return (raw) => {
    if (typeof raw !== "string") return wrongType;
    const [, whole = "", fraction = ""] = /^-?0*(\d*)(?:\.(\d+))?$/.exec(raw) ?? [];
    if (!/^-?\d+(\.\d+)?$/.test(raw)) return invalidFormat;
    return whole.length > precision - scale || fraction.length > scale ? tooManyDigits : raw;
  };
}

function createArrayCheck(check: Check): Check {
  return (raw) => {
    if (!Array.isArray(raw)) return wrongType;
    const values: unknown[] = [];
    for (const element of raw) {
      const value: unknown = element === null ? wrongType : check(element);
      if (value instanceof Wrong) return value;
      values.push(value);
    }
    return values;
  };
}

const deepestJson = 500;

function findJsonFault(value: unknown, depth: number): Wrong | undefined {
  if (typeof value === "string") return unstorable.test(value) ? invalidText : undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : outOfRange;
  if (typeof value !== "object" || value === null) return undefined;
  if (depth >= deepestJson) return invalid;
  for (const [key, member] of Object.entries(value)) {
    const fault = unstorable.test(key) ? invalidText : findJsonFault(member, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
