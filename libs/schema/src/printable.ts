/** Longest `received` of a rejection, in UTF-16 code units. */
export const MAX_RECEIVED_LENGTH = 120;

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * The text on one line, at most MAX_RECEIVED_LENGTH code units (a cut is shown by "…"): control and format characters,
 * line separators and lone surrogates become \uXXXX, so that terminals and Postgres's text take it.
 */
export function printable(text: string): string {
  let shown = "";
  for (const character of text) {
    const piece = UNPRINTABLE.test(character) ? escapeUnits(character) : character;
    if (shown.length + piece.length >= MAX_RECEIVED_LENGTH) return `${shown}…`;
    shown += piece;
  }
  return shown;
}

function escapeUnits(character: string): string {
  return character.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A JSON value in a few printable words: text in quotes, numbers as JavaScript writes them, the kind of the rest. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return printable(`text "${value}"`);
  if (typeof value === "number") return `the number ${Object.is(value, -0) ? "-0" : value}`;
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  return value === undefined ? "nothing" : "an object";
}
