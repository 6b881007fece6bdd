export type {
  Checkpoint,
  CheckpointLedger,
  Claim,
  CommitAttempt,
  CommitOptions,
  CountedId,
  LastRecord,
  NewRows,
  RollupRow,
  RowBuffer,
  Sink,
  TakenId,
  TallyRow,
} from "./checkpoint.js";
export type { ClaimedId, ClaimedIds } from "./claimed-ids.js";
export { createCopyEncoder, type CopyEncoder, type CopyEncoderOptions, type CopyStream } from "./copy/copy-encoder.js";
export { compareDefinitions, hashDefinition, type Difference } from "./definition.js";
export { SinkError, type RefusedRow, type SinkErrorCode } from "./errors.js";
export { createPatience, isAnswer, isUnavailable, type Patience, type SinkEvent } from "./postgres/availability.js";
export { answerWithin, describeBlocker, type Blocker } from "./postgres/backend-watch.js";
export { withConnection, withTransaction, type WriterLimits } from "./postgres/connection.js";
export { checkTables } from "./postgres/check-tables.js";
export { checkIdentity, readDatabaseId, type SinkIdentity } from "./postgres/claim.js";
export { mergeWindows, type MergedRows, type MergeOptions } from "./postgres/merge-windows.js";
export { migrate, type MigrateOptions } from "./postgres/migrate.js";
export { forgetProgress, recordProgress, type Observer, type ProgressObservation } from "./postgres/observations.js";
export { createSink, type SinkOptions } from "./postgres/postgres-sink.js";
export {
  recordQuiet,
  type QuietObservation,
  type QuietOptions,
  type QuietPartition,
} from "./postgres/quiet-partitions.js";
export { createProgressReader, type PartitionProgress, type ProgressReader } from "./postgres/progress.js";
export {
  applyRetention,
  dropRebuilt,
  retentionDay,
  type DroppedRows,
  type RetentionOptions,
  type RetentionRun,
} from "./postgres/retention.js";
export { nextPipeline } from "./postgres/rebuild/next-pipeline.js";
export {
  abandonDefinition,
  dropFormer,
  prepareDefinition,
  type DefinitionOptions,
  type DefinitionSource,
} from "./postgres/rebuild/prepare-definition.js";
export { seedDefinition, type ReadOffsets, type SeedOptions } from "./postgres/rebuild/seed-definition.js";
export { switchDefinition, type SwitchOptions } from "./postgres/rebuild/switch-definition.js";
export { resetPartitions, type PartitionReset, type ResetOptions } from "./postgres/rebuild/reset-partitions.js";
export { createRoles, rolesSql, type RolesOptions } from "./postgres/roles.js";
export { isOfConnectionPhase } from "./postgres/session/connection-phase.js";
export { openSql, type SqlOptions } from "./postgres/session/drivers.js";
export { EXACT_SETTINGS, SNAPSHOT } from "./postgres/session/settings.js";
export {
  openTransactions,
  type Transaction,
  type TransactionOptions,
  type Transactions,
} from "./postgres/session/transactions.js";
export { describeStatements, type CopiedTable, type SinkStatements } from "./postgres/statements.js";
export { type SinkDefinition, type SinkPipeline } from "./sink-pipeline.js";
export { type DerivedTables } from "./tables/pipeline-tables.js";
export { type SinkTables, type TimedTable, type UntimedTable } from "./sink-tables.js";
