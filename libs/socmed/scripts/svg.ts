/** The little of SVG that the picture needs. Numbers have one decimal, so that the file is small and the same everywhere. */

/** A rectangle of the picture that shows a range of hours and of values. */
export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly from: number;
  readonly to: number;
}

export function xOf({ left, width }: Plot, hour: number): number {
  return left + (width * hour) / 24;
}

export function yOf({ top, height, from, to }: Plot, value: number): number {
  return top + height - (height * (value - from)) / (to - from);
}

/** A line through values that are spread evenly over 24 hours, each in the middle of its part; null is a gap. */
export function linePath(plot: Plot, values: readonly (number | null)[]): string {
  let d = "";
  let isOpen = false;
  for (const [at, value] of values.entries()) {
    if (value !== null) d += `${isOpen ? "L" : "M"}${pointOf(plot, values.length, at, value)}`;
    isOpen = value !== null;
  }
  return d;
}

/** The area between two lines, as wide as the plot. */
export function areaPath(plot: Plot, lower: readonly number[], upper: readonly number[]): string {
  const along = (values: readonly number[]) => {
    const points = values.map((value, at) => pointOf(plot, values.length, at, value));
    const [first = 0, last = 0] = [values[0], values.at(-1)];
    return [
      `${round(plot.left)} ${round(yOf(plot, first))}`,
      ...points,
      `${round(plot.left + plot.width)} ${round(yOf(plot, last))}`,
    ];
  };
  return `M${along(upper).join("L")}L${along(lower).toReversed().join("L")}Z`;
}

function pointOf(plot: Plot, count: number, at: number, value: number): string {
  return `${round(xOf(plot, ((at + 0.5) * 24) / count))} ${round(yOf(plot, value))}`;
}

function round(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

export function text(x: number, y: number, content: string, classes = "", anchor?: "middle" | "end"): string {
  const style = classes === "" ? "" : ` class="${classes}"`;
  const anchored = anchor === undefined ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${round(x)}" y="${round(y)}"${style}${anchored}>${content}</text>`;
}

export function path(d: string, classes: string): string {
  return `<path d="${d}" class="${classes}"/>`;
}

export function rectangle(x: number, y: number, width: number, height: number, classes: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" class="${classes}"/>`;
}
