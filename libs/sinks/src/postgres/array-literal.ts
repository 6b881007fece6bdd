/** Postgres's text form of arrays, written at once: `pg` would quote and escape each number. */

/** An array of numbers, for a column of integers or doubles. */
export function numberArray<T>(items: readonly T[], numberOf: (item: T) => number): string {
  let text = "{";
  for (const item of items) text += `${text === "{" ? "" : ","}${numberOf(item)}`;
  return `${text}}`;
}

/** An array of texts; what is written `null` in them is text. */
export function textArray<T>(items: readonly T[], textOf: (item: T) => string | null): string {
  let text = "{";
  for (const item of items) {
    const value = textOf(item);
    text += `${text === "{" ? "" : ","}${value === null ? "NULL" : `"${escape(value)}"`}`;
  }
  return `${text}}`;
}

function escape(text: string): string {
  return text.includes(`"`) || text.includes("\\") ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text;
}
