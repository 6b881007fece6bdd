import type { Claim, RefusedRow, Sink, TakenId } from "@tidemark/sinks";
import type { ClaimContext, PartitionTask, SourceEvent } from "@tidemark/sources";
import type { ClusterGuard } from "./cluster-guard.js";
import type { Pipeline } from "./definition/define-pipeline.js";
import { otherOwner } from "./errors.js";
import { createPartitionProcessor, type DatabaseDecision } from "./partition-processor.js";
import type { CheckpointLimit } from "./checkpoint-limit.js";
import { CheckpointPace } from "./checkpoint-pace.js";
import { CommitTurns } from "./commit-turns.js";
import { createCheckpointLimit, defaultPolicy, type CheckpointPolicy } from "./checkpoint-policy.js";
import { createSharedRows } from "./event-rows.js";
import { IdLookups } from "./id-lookups.js";
import type { MemoryBudget } from "./memory-budget.js";
import { createPartitionTask } from "./partition-task.js";
import type { PartitionReach, PipelineListener } from "./pipeline-event.js";
import { emitProcessed } from "./processed-event.js";

export interface PartitionClaimerOptions {
  readonly pipeline: Pipeline;
  readonly sink: Sink;
  readonly guard: Pick<ClusterGuard, "check">;
  readonly place: { readonly topic: string; readonly group: string };
  readonly policy?: CheckpointPolicy | undefined;
  /** Of a partition; default 10 million. */
  readonly maxLiveIds?: number | undefined;
  /** Of all partitions; undefined: it is not limited. */
  readonly memory?: MemoryBudget | undefined;
  readonly emit: PipelineListener;
  /** Tells Kafka's lag tools how far a partition is. */
  readonly commit: (partition: number, nextOffset: number) => void;
}

/** Claims partitions for the source, and makes the pipeline's events of the source's. */
export interface PartitionClaimer {
  claim(partition: number, context: ClaimContext): Promise<PartitionTask>;
  onSourceEvent(event: SourceEvent): void;
}

/**
 * So often may others claim a partition between two rebalances: a consumer that slept does once or twice, before it learns that
 * the group went on without it.
 */
const MOST_THEFTS = 5;

export function createPartitionClaimer(options: PartitionClaimerOptions): PartitionClaimer {
  const { pipeline, sink, guard, maxLiveIds, place, policy = defaultPolicy, memory, emit, commit } = options;
  const pace = new CheckpointPace(policy.lingerMs);
  const turns = new CommitTurns();
  const eventRows = createSharedRows(pipeline);
  /** How often each partition that was claimed since the last rebalance had to be taken back from others. */
  const thefts = new Map<number, number>();
  /** The last claims. They are this process's once the source says so: a partition may be revoked meanwhile. */
  const claims = new Map<number, { readonly claim: Claim; readonly reach: PartitionReach }>();
  /** Decisions of the database about records that are not committed yet, by partition and offset. */
  const decisions = new Map<number, Map<number, DatabaseDecision>>();
  /** They outlive a partition's claims: a checkpoint that was too large is one of an earlier claim. */
  const limits = new Map<number, CheckpointLimit>();
  const lookups = new Map<number, IdLookups>();
  const { onConflict } = pipeline.data.tables;

  function decisionsOf(partition: number): Map<number, DatabaseDecision> {
    return getOrMake(decisions, partition, () => new Map());
  }

  function decide(partition: number, rows: readonly RefusedRow[]): void {
    const known = decisionsOf(partition);
    for (const { offset, reason, conflict } of rows) {
      const isDuplicate = conflict && onConflict === "duplicate";
      known.set(offset, isDuplicate ? { type: "duplicate" } : { type: "refused", reason });
    }
    emit({ type: "rows-refused", partition, rows });
  }

  function take(partition: number, ids: readonly TakenId[]): void {
    const known = decisionsOf(partition);
    for (const { offset, liveUntilMs } of ids) known.set(offset, { type: "taken", untilMs: liveUntilMs });
    emit({ type: "ids-taken", partition, count: ids.length });
  }

  function forgetBelow(partition: number, nextOffset: number): void {
    const known = decisions.get(partition);
    if (known === undefined) return;
    for (const offset of known.keys()) if (offset < nextOffset) known.delete(offset);
    if (known.size === 0) decisions.delete(partition);
  }

  /** The first claim after a rebalance takes a partition from the member that had it before. */
  function countThefts(partition: number, takenFrom: string | undefined): void {
    const known = thefts.get(partition);
    const count = known === undefined || takenFrom === undefined ? (known ?? 0) : known + 1;
    thefts.set(partition, count);
    if (takenFrom !== undefined && count >= MOST_THEFTS) {
      throw otherOwner({ pipeline: pipeline.name, ...place }, partition, takenFrom, count);
    }
  }

  function limitOf(partition: number): CheckpointLimit {
    return getOrMake(limits, partition, () => createCheckpointLimit(policy));
  }

  function lookupsOf(partition: number): IdLookups {
    return getOrMake(lookups, partition, () => new IdLookups());
  }

  return {
    async claim(partition, { logStartOffset, logEndOffset }) {
      await guard.check();
      const claim = await sink.claim(partition, logStartOffset);
      countThefts(partition, claim.takenFrom);
      const processor = createPartitionProcessor(pipeline, claim, decisions.get(partition), maxLiveIds, eventRows);
      const task = createPartitionTask({
        claim,
        logEndOffset,
        sink,
        processor,
        policy,
        limit: limitOf(partition),
        pace,
        turns,
        idLookups: lookupsOf(partition),
        memory,
        beforeBatch: () => guard.check(),
        onProcessed: (rows) => emitProcessed(emit, { partition, lead: processor.lead }, rows, eventRows),
        onAttempt: (attempt) => emit({ type: "writing", partition, ...attempt }),
        onDivided: ({ records, bytes }, error) =>
          emit({ type: "checkpoint-divided", partition, records, bytes, error }),
        onRefused: (rows) => decide(partition, rows),
        onTaken: (ids) => take(partition, ids),
        onCommitted(committed) {
          const { nextOffset } = committed.checkpoint;
          forgetBelow(partition, nextOffset);
          emit({ type: "committed", partition, epoch: claim.epoch, ...committed });
          commit(partition, nextOffset);
        },
      });
      claims.set(partition, { claim, reach: task });
      return task;
    },

    onSourceEvent(event) {
      if (event.type === "claimed") {
        const claimed = claims.get(event.partition);
        if (claimed !== undefined) emit({ type: "claimed", partition: event.partition, ...claimed });
        return;
      }
      if (event.type === "assigned") thefts.clear();
      if (event.type === "revoked") for (const partition of event.partitions) claims.delete(partition);
      emit(event);
    },
  };
}

function getOrMake<T>(made: Map<number, T>, partition: number, make: () => T): T {
  const one = made.get(partition) ?? make();
  made.set(partition, one);
  return one;
}
