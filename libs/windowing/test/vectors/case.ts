import { readdirSync, readFileSync } from "node:fs";

export type Fields = Readonly<Record<string, unknown>>;

/** One case as it stands in a file. An adapter says what its kinds hold in `config` and `steps`. */
export interface VectorCase<Config = Fields, Step = Fields> {
  readonly id: string;
  readonly engine: string;
  readonly kind: string;
  readonly timeUnit: "s" | "ms";
  readonly config: Config;
  readonly steps: readonly Step[];
}

/** A time of a case: a number of its unit, or `MIN`, `MAX`, `INF`. */
export type VectorTime = number | string;

const directory = new URL("../../vectors/", import.meta.url);
// These hold no cases: the deck's events, and where engines differ.
const noCases = new Set(["deck.json", "divergences.json"]);

/** All cases of all files, by file. */
export function readCases(): Map<string, VectorCase[]> {
  const files = readdirSync(directory).filter((name) => name.endsWith(".json") && !noCases.has(name));
  return new Map(files.map((name) => [name, readJson(name) as VectorCase[]]));
}

export function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, directory), "utf8"));
}

const symbols: Readonly<Record<string, number>> = { MIN: -Infinity, MAX: Infinity, INF: Infinity };

/** In ms. Durations too; then `MAX` is for ever. */
export function toMs({ timeUnit }: VectorCase<unknown, unknown>, time: VectorTime): number {
  const value = typeof time === "number" ? time : symbols[time];
  if (value === undefined) throw new Error(`"${time}" is no time`);
  return timeUnit === "s" ? value * 1000 : value;
}

/** Back in the unit of the case. */
export function fromMs({ timeUnit }: VectorCase<unknown, unknown>, timeMs: number): VectorTime {
  if (timeMs === -Infinity) return "MIN";
  if (timeMs === Infinity) return "MAX";
  return timeUnit === "s" ? timeMs / 1000 : timeMs;
}
