const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A figure in whole numbers with commas. */
export function whole(figure: number): string {
  return grouped.format(figure);
}

/** A figure with so many decimals; "-" where it could not be measured. */
export function decimals(figure: number | undefined, digits: number): string {
  return figure?.toFixed(digits) ?? "-";
}

/** A line of a table: the first column to the left, the others to the right, each as wide as its column. */
export function row(widths: readonly number[], cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
    .join(" ")
    .trimEnd();
}
