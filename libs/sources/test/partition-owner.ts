import {
  fingerprintOf,
  type Claim,
  type PartitionTask,
  type RecordFingerprint,
  type SourceBatch,
  type SourceRecord,
} from "../src/index.js";

/** The row of one partition, as a database would hold it. */
interface Row {
  epoch: number;
  startOffset: number;
  nextOffset: number;
  lastRecord?: RecordFingerprint;
  read: number;
  skipped: number;
  lost: number;
}

export interface OwnerOptions {
  /** Where partitions begin; 0 by default. */
  readonly startAt?: (partition: number, logStartOffset: number) => number;
  /** Runs inside accept, before the commit. */
  readonly beforeCommit?: (partition: number, batch: SourceBatch) => Promise<void>;
  /** Holds accepted batches back until the task is closed. */
  readonly holdUntilFlush?: boolean;
}

/** Stands in for Postgres: claims bump an epoch, commits compare and set (epoch, next offset) and keep the records. */
export interface PartitionOwner {
  readonly claim: Claim;
  readonly rows: ReadonlyMap<number, Readonly<Row>>;
  readonly claims: readonly number[];
  /** How often a commit was refused. */
  readonly fences: number;
  values(partition: number): number[];
  /** Takes a partition away from whoever has it, as another member's claim would. */
  steal(partition: number): void;
  total(): number;
}

export function createOwner(options: OwnerOptions = {}): PartitionOwner {
  const rows = new Map<number, Row>();
  const stored = new Map<number, SourceRecord[]>();
  const claims: number[] = [];
  let fences = 0;

  function commit(partition: number, epoch: number, from: number, batch: SourceBatch): void {
    const row = rows.get(partition);
    if (row === undefined || row.epoch !== epoch || row.nextOffset !== from) {
      fences += 1;
      throw Object.assign(new Error(`partition ${partition} has another owner`), { code: "fenced" });
    }
    row.nextOffset = batch.nextOffset;
    const newest = batch.records.at(-1);
    if (newest !== undefined) row.lastRecord = fingerprintOf(newest);
    row.read += batch.records.length;
    row.skipped += batch.skipped;
    row.lost += batch.lost;
    stored.set(partition, [...(stored.get(partition) ?? []), ...batch.records]);
  }

  function createTask(partition: number, { epoch, nextOffset, lastRecord }: Row): PartitionTask {
    let position = nextOffset;
    let busy = false;
    const held: { from: number; batch: SourceBatch }[] = [];
    return {
      nextOffset,
      lastRecord,
      async accept(batch) {
        if (busy) throw new Error("accept was called while another was pending");
        busy = true;
        try {
          const from = position;
          const covered = batch.records.length + batch.skipped + batch.lost;
          if (batch.nextOffset - from !== covered)
            throw new Error(`${covered} offsets from ${from} to ${batch.nextOffset}`);
          position = batch.nextOffset;
          await options.beforeCommit?.(partition, batch);
          if (options.holdUntilFlush === true) held.push({ from, batch });
          else commit(partition, epoch, from, batch);
        } finally {
          busy = false;
        }
      },
      close({ flush }) {
        if (flush) for (const { from, batch } of held) commit(partition, epoch, from, batch);
        return Promise.resolve();
      },
    };
  }

  return {
    rows,
    claims,
    get fences() {
      return fences;
    },
    async claim(partition, { logStartOffset }) {
      claims.push(partition);
      const startOffset = options.startAt?.(partition, logStartOffset) ?? 0;
      const row = rows.get(partition) ?? {
        epoch: 0,
        startOffset,
        nextOffset: startOffset,
        read: 0,
        skipped: 0,
        lost: 0,
      };
      row.epoch += 1;
      rows.set(partition, row);
      return createTask(partition, row);
    },
    values: (partition) =>
      (stored.get(partition) ?? []).map(({ value }) => Number(Buffer.from(value ?? []).toString())),
    steal(partition) {
      const row = rows.get(partition);
      if (row !== undefined) row.epoch += 1;
    },
    total: () => [...rows.values()].reduce((sum, { read }) => sum + read, 0),
  };
}

/** The numbers from `from` to `to` - 1. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
