import { dayMs } from "./day-partitions.js";

/** Postgres's text form of arrays, written at once: `pg` would quote and escape each number. */

/** An array of numbers, for a column of integers or doubles. */
export function numberArray<T>(items: readonly T[], numberOf: (item: T) => number): string {
  let text = "{";
  for (const item of items) text += `${text === "{" ? "" : ","}${numberOf(item)}`;
  return `${text}}`;
}

/** The same for a column that may be null, which NaN stands for. */
export function nullableNumberArray<T>(items: readonly T[], numberOf: (item: T) => number): string {
  return numberArray(items, numberOf).replaceAll("NaN", "NULL");
}

/** An array of texts; `null` and everything else in them is text. */
export function textArray<T>(items: readonly T[], textOf: (item: T) => string): string {
  return nullableTextArray(items, textOf);
}

/** The same where null is null. */
export function nullableTextArray<T>(items: readonly T[], textOf: (item: T) => string | null): string {
  let text = "{";
  for (const item of items) {
    const value = textOf(item);
    text += `${text === "{" ? "" : ","}${value === null ? "NULL" : `"${escape(value)}"`}`;
  }
  return `${text}}`;
}

/** An array of timestamptz from epoch ms; -Infinity is `-infinity`. Throws RangeError for what no Date can hold. */
export function timeArray<T>(items: readonly T[], epochMsOf: (item: T) => number): string {
  // Rows of one window mostly follow one another.
  let lastMs = Number.NaN;
  let lastText = "";
  return textArray(items, (item) => {
    const ms = epochMsOf(item);
    if (ms !== lastMs) lastText = timeText(ms);
    lastMs = ms;
    return lastText;
  });
}

// Postgres reads no ISO text of years before 1 or after 9999, but days by their Julian number.
const julianDayOf1970 = 2_440_588;

function timeText(epochMs: number): string {
  if (epochMs === -Infinity) return "-infinity";
  const timeOfDay = new Date(epochMs).toISOString().slice(-"17:00:00.000Z".length);
  return `J${Math.floor(epochMs / dayMs) + julianDayOf1970} ${timeOfDay}`;
}

function escape(text: string): string {
  return text.includes(`"`) || text.includes("\\") ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text;
}
