/** The parts that a running pipeline is made of, for simulations and for tests of other engines. */
export { createClusterGuard, type ClusterGuard } from "../cluster-guard.js";
export { CheckpointLimit, type CheckpointExtent } from "../checkpoint-limit.js";
export { createCheckpointLimit, defaultPolicy } from "../checkpoint-policy.js";
export { createSharedRows } from "../event-rows.js";
export { MemoryBudget } from "../memory-budget.js";
export { OutcomeCounter } from "../outcome-counter.js";
export { IdLookups } from "../id-lookups.js";
export { createPartitionClaimer, type PartitionClaimer, type PartitionClaimerOptions } from "../partition-claimer.js";
export { createPartitionProcessor, type DatabaseDecision, type PartitionProcessor } from "../partition-processor.js";
export { createPartitionTask, type CheckpointingTask, type TaskOptions } from "../partition-task.js";
export { createProgressRecorder, type ProgressRecorder } from "../progress-recorder.js";
export { createRetentionKeeper, type RetentionKeeper } from "../retention-keeper.js";
export { runPipelineWith } from "../run-pipeline.js";
