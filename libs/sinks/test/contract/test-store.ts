import type { CheckpointLedger, RollupRow, Sink, SinkIdentity, TallyRow } from "../../src/index.js";

/** A store that the contract is held against; each test gets an empty one. */
export interface TestStore {
  /** A sink on it, as a consumer of its own would make it. */
  open(identity?: Partial<SinkIdentity>): Sink;
  /** All that it holds, as it stands at one moment. */
  read(): Promise<StoreContents>;
  /** The ids that are unique over all partitions, by topic and id, and the copies, by partition and offset. */
  readIds(): Promise<StoredIds>;
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** Rows by Drizzle property names, times in the units in which they were given; sorted by topic, partition, offset or window. */
export interface StoreContents {
  readonly rows: readonly object[];
  readonly late: readonly object[];
  readonly rejected: readonly object[];
  readonly windows: readonly StoredWindow[];
  readonly tallies: readonly StoredTally[];
  readonly checkpoints: readonly StoredCheckpoint[];
}

export interface StoredIds {
  readonly ids: readonly {
    readonly topic: string;
    readonly id: string;
    readonly partition: number;
    readonly live_until: number;
  }[];
  readonly copies: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly id: string;
  }[];
}

export interface StoredWindow extends RollupRow {
  readonly rollup: string;
  readonly topic: string;
  readonly partition: number;
  readonly values: readonly number[];
}

export interface StoredTally extends TallyRow {
  readonly tally: string;
  readonly topic: string;
  readonly partition: number;
}

export interface StoredCheckpoint {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly startOffset: number;
  readonly nextOffset: number;
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  readonly ledger: CheckpointLedger;
}
