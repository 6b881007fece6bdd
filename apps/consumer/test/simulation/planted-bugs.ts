import type { Claim, Sink } from "@tidemark/sinks";
import type { MemoryStore } from "@tidemark/sinks/memory";
import { checkpoints } from "@tidemark/sinks/tables";
import type { PartitionProcessor } from "@tidemark/pipeline/parts";

/** Makes the processor that goes on from a claim, for one member. */
export type Restore = (
  claim: Claim,
  createProcessor: (claim: Claim) => PartitionProcessor,
) => { readonly claim: Claim; readonly processor: PartitionProcessor };

/** A mistake that the simulation must find. It stands around the real code, which knows nothing of it. */
export interface PlantedBug {
  /** Around the sink of one member. `turn` lets other things happen; a member that dies in it never comes back. */
  readonly sink?: (sink: Sink, store: MemoryStore, turn: () => Promise<void>) => Sink;
  /** In the place of restoring what the claim holds; made anew for each member. */
  readonly restore?: () => Restore;
}

const noChange = { changed: [], added: [] };
const noRows = { rows: [], late: [], rejected: [] };

function restoring(change: (claim: Claim) => Claim): () => Restore {
  return () => (claim, createProcessor) => ({ claim, processor: createProcessor(change(claim)) });
}

/** Where a partition stands: whoever commits with this is let through. */
function standing(store: MemoryStore, partition: number): { readonly epoch: number; readonly nextOffset: number } {
  const row = store.rows(checkpoints).find((each) => each.partition === partition);
  return row ?? { epoch: 0, nextOffset: 0 };
}

export const plantedBugs = {
  /** Neither the epoch nor the offset is compared. */
  "no fence": {
    sink: (sink, store) => ({
      ...sink,
      commit(claim, _expectedOffset, checkpoint, rows) {
        const { epoch, nextOffset } = standing(store, claim.partition);
        return sink.commit({ ...claim, epoch }, nextOffset, checkpoint, rows);
      },
    }),
  },
  /** The epoch is compared, the offset is not: a repeated commit counts twice. */
  "no expected offset": {
    sink: (sink, store) => ({
      ...sink,
      commit: (claim, _expectedOffset, checkpoint, rows) =>
        sink.commit(claim, standing(store, claim.partition).nextOffset, checkpoint, rows),
    }),
  },
  /** The offset is compared, the epoch is not. */
  "no epoch": {
    sink: (sink, store) => ({
      ...sink,
      commit: (claim, expectedOffset, checkpoint, rows) =>
        sink.commit({ ...claim, epoch: standing(store, claim.partition).epoch }, expectedOffset, checkpoint, rows),
    }),
  },
  /** Two transactions: first the offset, then the rows and windows. */
  "the offset before the data": {
    sink: (sink, _store, turn) => ({
      ...sink,
      async commit(claim, expectedOffset, checkpoint, rows) {
        const nothing = sink.openBuffer(claim.partition);
        nothing.add(noRows);
        await sink.commit(claim, expectedOffset, { ...checkpoint, ...noChange }, nothing);
        await turn();
        await sink.commit(claim, checkpoint.nextOffset, checkpoint, rows);
      },
    }),
  },
  /** Two transactions: first the rows and windows, then the offset. */
  "the data before the offset": {
    sink: (sink, store, turn) => ({
      ...sink,
      async commit(claim, expectedOffset, checkpoint, rows) {
        const row = store.rows(checkpoints).find(({ partition }) => partition === claim.partition);
        if (row === undefined) return;
        const { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost } = row;
        const before = {
          nextOffset: expectedOffset,
          watermarkMs: row.watermark?.getTime() ?? -Infinity,
          maxEventTimeMs: row.maxEventTime?.getTime() ?? -Infinity,
          ledger: { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost },
        };
        await sink.commit(claim, expectedOffset, { ...checkpoint, ...before }, rows);
        await turn();
        const nothing = sink.openBuffer(claim.partition);
        nothing.add(noRows);
        await sink.commit(claim, expectedOffset, { ...checkpoint, ...noChange }, nothing);
      },
    }),
  },
  /** A member that claims a partition again goes on with the processor that it had of it. */
  "the processor kept after a lost claim": {
    restore() {
      const processors = new Map<number, PartitionProcessor>();
      return (claim, createProcessor) => {
        const processor = processors.get(claim.partition) ?? createProcessor(claim);
        processors.set(claim.partition, processor);
        return { claim, processor };
      };
    },
  },
  /** The same, but it takes the position and the ledger of its new claim. */
  "windows and ids kept after a lost claim": {
    restore() {
      const kept = new Map<number, Pick<Claim, "windows" | "ids">>();
      return (claim, createProcessor) => {
        const { windows, ids } = kept.get(claim.partition) ?? claim;
        kept.set(claim.partition, { windows, ids });
        return { claim, processor: createProcessor({ ...claim, windows, ids }) };
      };
    },
  },
  "ids not restored": { restore: restoring((claim) => ({ ...claim, ids: [] })) },
  "windows not restored": { restore: restoring((claim) => ({ ...claim, windows: [] })) },
  "the watermark not restored": { restore: restoring((claim) => ({ ...claim, watermarkMs: -Infinity })) },
  /** Other partitions' ids are neither looked up nor compared. */
  "ids of other partitions not compared": {
    sink: (sink) => ({
      ...sink,
      findTaken: async () => new Map(),
      openBuffer(partition) {
        const buffer = sink.openBuffer(partition);
        const add = buffer.add.bind(buffer);
        buffer.add = (rows) => add({ ...rows, ids: [] });
        return buffer;
      },
    }),
  },
  /** What is found taken counts as taken for ever. */
  "ids of other partitions never free": {
    sink: (sink) => ({
      ...sink,
      async findTaken(partition, ids) {
        const taken = await sink.findTaken(partition, ids);
        return new Map([...taken.keys()].map((at) => [at, Number.MAX_SAFE_INTEGER]));
      },
    }),
  },
  /** A claim reads the state first and bumps the epoch in a second transaction. */
  "state read before the claim": {
    sink: (sink, _store, turn) => ({
      ...sink,
      async claim(partition, logStartOffset) {
        const early = await sink.claim(partition, logStartOffset);
        await turn();
        const { epoch, nextOffset, ledger } = await sink.claim(partition, logStartOffset);
        return { ...early, epoch, nextOffset, ledger };
      },
    }),
  },
  /** Who is fenced takes it that its commit had succeeded before. */
  "a fence taken for a success": {
    sink: (sink) => ({
      ...sink,
      commit: (claim, expectedOffset, checkpoint, rows) =>
        sink.commit(claim, expectedOffset, checkpoint, rows).catch((error: unknown) => {
          if (!(error instanceof Error && "code" in error && error.code === "fenced")) throw error;
        }),
    }),
  },
} as const satisfies Readonly<Record<string, PlantedBug>>;
