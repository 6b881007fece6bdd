import type { z } from "zod";
import type { Description } from "./describe.js";
import { SchemaError } from "./errors.js";
import type { FieldType, Pattern } from "./field.js";

/** A zod text: trimming, case, lengths and one pattern, in this order. Everything else stays with zod. */
export function describeText(def: z.core.$ZodStringDef): Description {
  const checks = checksOf(def);
  const special = checks.findIndex((check) => typesOfFormats[check.format ?? ""] !== undefined);
  const read = special === -1 ? readText(checks) : readSpecial(checks, special);
  return def.coerce === true ? { ...read, beyond: "coercion" } : read;
}

interface TextCheck {
  readonly check: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly position?: number;
  readonly version?: string;
  readonly offset?: boolean;
  readonly precision?: number | null;
  readonly tx?: (text: string) => unknown;
}

// A format such as z.email() is a check itself; it comes first.
function checksOf(def: z.core.$ZodStringDef): TextCheck[] {
  const own = "check" in def ? [def as unknown as TextCheck] : [];
  return [...own, ...(def.checks ?? []).map((check) => check._zod.def as unknown as TextCheck)];
}

/** Formats that have a column type of their own. */
const typesOfFormats: Readonly<Record<string, (check: TextCheck) => FieldType>> = {
  guid: () => ({ kind: "uuid" }),
  uuid: ({ version }) => ({ kind: "uuid", pattern: { source: uuidSource(version), flags: "" } }),
  date: () => ({ kind: "date" }),
  datetime: readDatetime,
};

// Lower case only: it is tested after lower-casing.
function uuidSource(version: string | undefined): string {
  if (version !== undefined) return `^.{14}${version.slice(1)}.{4}[89ab]`;
  return "^(?:.{14}[1-8].{4}[89ab]|0{8}-0{4}-0{4}-0{4}-0{12}$|f{8}-f{4}-f{4}-f{4}-f{12}$)";
}

function readDatetime({ offset, precision }: TextCheck): FieldType {
  if (precision === -1) {
    const message = "precision -1 (minutes) is not supported: a time has seconds.";
    throw new SchemaError("unsupported-type", null, message, "a precision of 0 or more, as a time has seconds");
  }
  const zone = offset === true ? "(?:Z|[+-]\\d\\d:\\d\\d)$" : "Z$";
  if (typeof precision === "number") {
    const source = precision === 0 ? `:\\d\\d${zone}` : `\\.\\d{${precision}}${zone}`;
    return { kind: "time", unit: "iso", pattern: { source, flags: "" } };
  }
  return offset === true
    ? { kind: "time", unit: "iso" }
    : { kind: "time", unit: "iso", pattern: { source: zone, flags: "" } };
}

function readSpecial(checks: readonly TextCheck[], at: number): Description {
  const special = checks[at] as TextCheck;
  const type = (typesOfFormats[special.format ?? ""] as (check: TextCheck) => FieldType)(special);
  // A UUID is lower-cased anyway.
  const others = checks.filter((check, index) => {
    return index !== at && !(type.kind === "uuid" && index > at && cleaningOf(check) === "lower");
  });
  return others.length === 0 ? { type } : { type, beyond: `checks beside the format ${special.format}` };
}

type Text = {
  -readonly [Key in keyof Extract<FieldType, { kind: "text" }>]: Extract<FieldType, { kind: "text" }>[Key];
};

function readText(checks: readonly TextCheck[]): Description {
  const type: Text = { kind: "text" };
  let beyond: string | undefined;
  let stage: "trim" | "case" | "checks" = "trim";
  for (const check of checks) {
    const cleaning = cleaningOf(check);
    if (cleaning === "trim") {
      if (stage !== "trim") beyond ??= `trim after ${stage === "case" ? "a change of case" : "a check"}`;
      type.trim = true;
    } else if (cleaning !== undefined) {
      if (stage === "checks") beyond ??= "a change of case after a check";
      if (type.letterCase !== undefined && type.letterCase !== cleaning) beyond ??= "both cases";
      type.letterCase = cleaning;
      stage = "case";
    } else {
      beyond = readCheck(check, type) ?? beyond;
      stage = "checks";
    }
  }
  return beyond === undefined ? { type } : { type: { kind: "text" }, beyond };
}

/** Adds the check to the type. The result says why that can't be done. */
function readCheck(check: TextCheck, type: Text): string | undefined {
  const { minLength = 0, maxLength = Infinity } = type;
  switch (check.check) {
    case "min_length":
      type.minLength = Math.max(minLength, check.minimum ?? 0);
      return undefined;
    case "max_length":
      type.maxLength = Math.min(maxLength, check.maximum ?? Infinity);
      return undefined;
    case "length_equals":
      type.minLength = Math.max(minLength, check.length ?? 0);
      type.maxLength = Math.min(maxLength, check.length ?? Infinity);
      return undefined;
    case "string_format": {
      const pattern = patternOf(check);
      if (pattern === undefined) return `the format ${check.format}`;
      if (type.pattern !== undefined) return "more than one pattern";
      type.pattern = pattern;
      return undefined;
    }
    default:
      return "checks of its own";
  }
}

/** Formats whose check is more than their pattern. */
const beyondPatterns = new Set(["url", "ipv6", "cidrv6", "base64", "base64url", "jwt", "json_string"]);

function patternOf({ format = "", pattern, position }: TextCheck): Pattern | undefined {
  if (pattern === undefined || position !== undefined || beyondPatterns.has(format)) return undefined;
  if (pattern.sticky) return undefined;
  // zod forgets where a global pattern stood, so that the flag changes nothing.
  return { source: pattern.source, flags: pattern.flags.replace("g", "") };
}

const PROBE = "\t\ufeff\u00a0 A\u00df\u0130\u03a3 \u01c5x \u2003\u200b\n";
const cleaned = { trim: PROBE.trim(), lower: PROBE.toLowerCase(), upper: PROBE.toUpperCase() } as const;

/** Which change zod's function makes, told by what it does to one text that has all that matters. */
function cleaningOf({ check, tx }: TextCheck): "trim" | "lower" | "upper" | undefined {
  if (check !== "overwrite" || tx === undefined) return undefined;
  let result: unknown;
  try {
    result = tx(PROBE);
  } catch {
    return undefined;
  }
  return (["trim", "lower", "upper"] as const).find((cleaning) => cleaned[cleaning] === result);
}
