/** Postgres's text form of arrays, written at once: `pg` would quote and escape each number. */

/** An array of numbers, for a column of integers or doubles. */
export function numberArray<T>(items: readonly T[], numberOf: (item: T) => number): string {
  let text = "{";
  for (const item of items) text += `${text === "{" ? "" : ","}${numberOf(item)}`;
  return `${text}}`;
}

/** An array of texts; `null` and everything else in them is text. */
export function textArray<T>(items: readonly T[], textOf: (item: T) => string): string {
  let text = "{";
  for (const item of items) text += `${text === "{" ? "" : ","}"${escape(textOf(item))}"`;
  return `${text}}`;
}

/** An array of timestamptz from epoch ms. */
export function timeArray<T>(items: readonly T[], epochMsOf: (item: T) => number): string {
  // Rows of one window mostly follow one another.
  let lastMs = Number.NaN;
  let lastText = "";
  return textArray(items, (item) => {
    const ms = epochMsOf(item);
    if (ms !== lastMs) lastText = new Date(ms).toISOString();
    lastMs = ms;
    return lastText;
  });
}

function escape(text: string): string {
  return text.includes(`"`) || text.includes("\\") ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text;
}
