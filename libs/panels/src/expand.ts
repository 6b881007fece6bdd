import { unknownMacro, unknownVariable } from "./errors.js";
import { allValue, type VariableName } from "./variables.js";

/** What a viewer looks at. */
export interface View {
  /** Epoch ms, both ends included. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How far apart points of a time series are to be. */
  readonly intervalMs: number;
  /** `topic` is one name; each of the others has the names that were chosen, or "all" for all of them. */
  readonly variables: { readonly topic?: string } & { readonly [name: VariableName]: string | readonly string[] };
}

const placeholder = /\$(?:(__\w+)\(([^)]*)\)|(__\w+)|([a-z]\w*))/g;

/**
 * SQL with macros and variables, as Grafana would send it to Postgres. One pass: what a variable's value holds is a value,
 * whatever it looks like.
 * @throws PanelError `UNKNOWN_MACRO`, `UNKNOWN_VARIABLE`
 */
export function expandMacros(text: string, view: View): string {
  return text.replaceAll(placeholder, (_, macro?: string, args?: string, constant?: string, variable?: string) => {
    if (macro !== undefined) return expandMacro(macro, args ?? "", view);
    if (constant !== undefined) return expandConstant(constant, view);
    return expandVariable(variable ?? "", view);
  });
}

function expandMacro(name: string, args: string, { fromMs, toMs }: View): string {
  switch (name) {
    case "__timeFilter":
      return `${args.trim()} BETWEEN ${timeLiteral(fromMs)} AND ${timeLiteral(toMs)}`;
    case "__timeFrom":
      return timeLiteral(fromMs);
    case "__timeTo":
      return timeLiteral(toMs);
    case "__unixEpochNanoFrom":
      return nanos(fromMs);
    case "__unixEpochNanoTo":
      return nanos(toMs);
    default:
      throw unknownMacro(name);
  }
}

function expandConstant(name: string, { intervalMs }: View): string {
  if (name !== "__interval_ms") throw unknownMacro(name);
  return String(intervalMs);
}

function expandVariable(name: string, { variables }: View): string {
  const value = variables[name];
  if (name === "topic" && typeof value === "string") return withinQuotes(value);
  if (value === "all") return allValue;
  if (value === undefined || typeof value === "string") throw unknownVariable(name);
  return value.map(textLiteral).join(",");
}

/** The times between which a timestamptz lies, epoch ms: 4714-11-24 BC, and the last second of the year 294276. */
const POSTGRES_TIMES = { earliestMs: -210_866_803_200_000, latestMs: 9_224_318_015_999_000 } as const;

const DAY_MS = 86_400_000;
const JULIAN_DAY_OF_1970 = 2_440_588;
/** 0001-01-01T00:00:00Z. */
const FIRST_ISO_MS = -62_135_596_800_000;
/** 9999-12-31T23:59:59.999Z. */
const LAST_ISO_MS = 253_402_300_799_999;

/**
 * As Go writes RFC 3339 with nanoseconds: no zeros at the end of the fraction. Postgres reads no ISO text of years before 1 or
 * after 9999, but days by their Julian number. A time that no timestamptz holds becomes the nearest one that it does.
 */
function timeLiteral(givenMs: number): string {
  const ms = Math.min(Math.max(givenMs, POSTGRES_TIMES.earliestMs), POSTGRES_TIMES.latestMs);
  if (ms >= FIRST_ISO_MS && ms <= LAST_ISO_MS) return `'${withoutZeros(new Date(ms).toISOString())}'`;
  const day = Math.floor(ms / DAY_MS);
  const timeOfDay = new Date(ms - day * DAY_MS).toISOString().slice("1970-01-01T".length);
  return `'J${day + JULIAN_DAY_OF_1970} ${withoutZeros(timeOfDay)}'`;
}

const withoutZeros = (isoText: string): string => isoText.replace(/\.?0*Z$/, "Z");

const nanos = (ms: number): string => `${BigInt(Math.round(ms)) * 1_000_000n}`;

/** With standard_conforming_strings, as it is by default, only the quote needs care. */
const withinQuotes = (value: string): string => value.replaceAll("'", "''");

const textLiteral = (value: string): string => `'${withinQuotes(value)}'`;
