import type { EngineFaultKind } from "./faults.js";

/** What a pipeline makes of an event. */
export type Becomes = "counted" | "duplicate" | "late" | "quarantined" | "rejected";

/**
 * What an event is, beside it and never on the wire. `Own` are the faults of the model. `replayed`: an event of a stretch that is sent once more;
 * `wrongClock`, `noTimestamp`: an ordinary event of a producer whose clock is wrong, or that sends no timestamps.
 */
export interface Label<Own extends string = string> {
  readonly kind: EngineFaultKind | Own | "ordinary" | "replayed" | "wrongClock" | "noTimestamp";
  /**
   * What must become of it in the pipeline that the scenario is made for, whatever the number of partitions, if the
   * stream was read from its event 0; null where that depends on what else is in its partition: the oracle knows.
   */
  readonly becomes: Becomes | null;
  /** Of a malformed event: why it is none. */
  readonly reason?: string;
  /** Of a copy: the index of the event that it repeats. */
  readonly of?: number;
}
