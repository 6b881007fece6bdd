/** One of the benchmarks: prints its table as it goes. */
export type Benchmark = (
  sizes: { readonly events: number; readonly rounds: number },
  print: (line: string) => void,
) => Promise<Measured>;

export interface Measured {
  /** What goes into the JSON file. */
  readonly figures: object;
  /** A sentence each; where there are any, the figures are void. */
  readonly faults: readonly string[];
}
