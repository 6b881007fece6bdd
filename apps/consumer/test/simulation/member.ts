import type { Sink } from "@tidemark/sinks";
import { createSourceOn, type Source, type SourceEvent } from "@tidemark/sources";
import type { CheckpointPolicy, Pipeline } from "@tidemark/pipeline";
import {
  createCheckpointLimit,
  createPartitionProcessor,
  createSharedRows,
  createPartitionTask,
  IdLookups,
  MemoryBudget,
  type CheckpointLimit,
  type DatabaseDecision,
} from "@tidemark/pipeline/parts";
import type { PlantedBug } from "./planted-bugs.js";
import type { Actor, Scheduler } from "./scheduler.js";
import type { SimulatedPort } from "./simulated-port.js";

export const topic = "socmed-events";
export const group = "tidemark";
/** Ids are looked up for so long after a copy that look-ups begin and end several times. */
const FEW_RECORDS = 8;

/** A consumer: the real source, task and processor, put together as the app does, between a simulated client and a sink. */
export interface Member {
  readonly actor: Actor;
  readonly port: SimulatedPort;
  readonly source: Source;
  readonly memory: MemoryBudget;
  /** Commits what it holds, then leaves. */
  stop(): Promise<void>;
}

export interface MemberOptions {
  readonly actor: Actor;
  readonly scheduler: Scheduler;
  readonly port: SimulatedPort;
  readonly sink: Sink;
  readonly pipeline: Pipeline;
  readonly policy: CheckpointPolicy;
  readonly memoryBytes: number;
  readonly bug: PlantedBug;
  readonly onEvent: (event: SourceEvent) => void;
}

export function startMember(options: MemberOptions): Member {
  const { actor, scheduler, port, sink, pipeline, policy, bug, onEvent } = options;
  const memory = new MemoryBudget(options.memoryBytes);
  const limits = new Map<number, CheckpointLimit>();
  const lookups = new Map<number, IdLookups>();
  const decisions = new Map<number, Map<number, DatabaseDecision>>();
  const eventRows = createSharedRows(pipeline);
  const restore = bug.restore?.() ?? ((claim, create) => ({ claim, processor: create(claim) }));
  const source = createSourceOn(port, {
    brokers: ["simulated:9092"],
    topic,
    group,
    sessionTimeoutMs: 10_000,
    memory,
    onEvent,
    async claim(partition, { logStartOffset, logEndOffset }) {
      const claimed = await sink.claim(partition, logStartOffset);
      const decided = decisions.get(partition) ?? new Map<number, DatabaseDecision>();
      decisions.set(partition, decided);
      const { claim, processor } = restore(claimed, (from) =>
        createPartitionProcessor(pipeline, from, decided, undefined, eventRows),
      );
      const limit = limits.get(partition) ?? createCheckpointLimit(policy);
      limits.set(partition, limit);
      const idLookups = lookups.get(partition) ?? new IdLookups(FEW_RECORDS);
      lookups.set(partition, idLookups);
      return createPartitionTask({
        claim,
        processor,
        sink,
        logEndOffset,
        policy,
        limit,
        idLookups,
        memory,
        beforeBatch: async () => {
          if (scheduler.random.chance(0.3)) await scheduler.turn(actor, "has looked at the cluster");
        },
        onTaken(ids) {
          for (const { offset, liveUntilMs } of ids) decided.set(offset, { type: "taken", untilMs: liveUntilMs });
        },
        onCommitted: ({ checkpoint }) => source.commit(partition, checkpoint.nextOffset),
      });
    },
  });
  source.done.catch(() => {});
  void source.start().catch(() => {});
  return {
    actor,
    port,
    source,
    memory,
    async stop() {
      await source.stop({ flush: true });
      await sink.close();
    },
  };
}
