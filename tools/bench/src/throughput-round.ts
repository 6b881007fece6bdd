/** What one round of the whole path took. */
export interface ThroughputRound {
  /** Events over the time from the consumer's assignment to the last commit. */
  readonly eventsPerSecond: number;
  /** That time. */
  readonly seconds: number;
  /** The consumer's whole life, start and stop included. */
  readonly wholeSeconds: number;
  readonly peakMegabytes: number | undefined;
  /** The consumer's own, without Postgres and Kafka. */
  readonly cpuSecondsPerMillion: number | undefined;
  readonly bareCopyRowsPerSecond: number;
  /** eventsPerSecond / bareCopyRowsPerSecond, of the same round. */
  readonly ratio: number;
  /** Not empty: the figures are void. */
  readonly faults: readonly string[];
}
