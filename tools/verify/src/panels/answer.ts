/** One row that a panel has to show, by the names of its columns; times in epoch ms. */
export type AnswerRow = Readonly<Record<string, string | number | null>>;

/** What is to be shown for each panel, variable and annotation of one view, by its name. */
export type Answers = Readonly<Record<string, readonly AnswerRow[]>>;

/** In the order of their UTF-8 bytes, which is none that a language has. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Where points are so far apart, and one begins at 1970: the start of the one that a time lies in. In ms. */
export function startOfPoint(timeMs: number, widthMs: number): number {
  return Math.floor(timeMs / widthMs) * widthMs;
}

/** Those starts in order, and between the first and the last of them all that lie whole widths further. */
export function gaplessStarts(starts: Iterable<number>, widthMs: number): number[] {
  const sorted = [...starts].sort((a, b) => a - b);
  const lastMs = sorted.at(-1) ?? -Infinity;
  const all: number[] = [];
  for (let time = sorted[0] ?? Infinity; time <= lastMs; time += widthMs) all.push(time);
  return all;
}

/** So many whole grains as the interval that is asked for takes, one at least. In ms. */
export function widthOfPoints(grainMs: number, intervalMs: number): number {
  return Math.max(1, Math.ceil(intervalMs / grainMs)) * grainMs;
}

/** The value under a key of a map, made where there is none yet. */
export function valueOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
