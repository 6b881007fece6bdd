import type { PeerName } from "./peers.js";
import type { ServerKind } from "./servers.js";

export interface BenchSizes {
  readonly events: number;
  readonly rounds: number;
  /** Raw rows that the tables hold, where no events are sent. */
  readonly rows: number;
  readonly servers: ServerKind;
  /** How many consumers share the partitions. */
  readonly consumers: number;
  readonly peers: readonly PeerName[];
}

/** One of the benchmarks: prints its table as it goes. */
export type Benchmark = (sizes: BenchSizes, print: (line: string) => void) => Promise<Measured>;

export interface Measured {
  /** What goes into the JSON file. */
  readonly figures: object;
  /** A sentence each; where there are any, the figures are void. */
  readonly faults: readonly string[];
}
