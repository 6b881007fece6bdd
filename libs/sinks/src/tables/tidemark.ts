import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  json,
  pgSchema,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import type { LastRecord } from "../checkpoint.js";

export const tidemark = pgSchema("tidemark");

/** Pipeline definitions by hash; a checkpoint names the one that its tables were made with. */
export const definitions = tidemark.table("definitions", {
  hash: text("hash").primaryKey(),
  definition: json("definition").notNull(),
});

/** One row per partition: who owns it, how far it has come, and the row ledger. */
export const checkpoints = tidemark.table(
  "checkpoints",
  {
    pipeline: text("pipeline").notNull(),
    topic: text("topic").notNull(),
    partition: integer("partition").notNull(),
    group: text("group_name").notNull(),
    clusterId: text("cluster_id").notNull(),
    definitionHash: text("definition_hash")
      .notNull()
      .references(() => definitions.hash),
    /** The log's first offset at the first claim. */
    startOffset: bigint("start_offset", { mode: "number" }).notNull(),
    nextOffset: bigint("next_offset", { mode: "number" }).notNull(),
    epoch: bigint("epoch", { mode: "number" }).notNull(),
    /** The process of the newest claim. */
    owner: text("owner").notNull().default(""),
    /** The newest record that was read, to know the log again by; null before the first. */
    lastRecord: json("last_record").$type<LastRecord>(),
    /** Null before the first event. */
    watermark: timestamp("watermark", { withTimezone: true }),
    maxEventTime: timestamp("max_event_time", { withTimezone: true }),
    read: bigint("read", { mode: "number" }).notNull().default(0),
    counted: bigint("counted", { mode: "number" }).notNull().default(0),
    duplicate: bigint("duplicate", { mode: "number" }).notNull().default(0),
    late: bigint("late", { mode: "number" }).notNull().default(0),
    quarantined: bigint("quarantined", { mode: "number" }).notNull().default(0),
    rejected: bigint("rejected", { mode: "number" }).notNull().default(0),
    refused: bigint("refused", { mode: "number" }).notNull().default(0),
    skipped: bigint("skipped", { mode: "number" }).notNull().default(0),
    lost: bigint("lost", { mode: "number" }).notNull().default(0),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.pipeline, table.topic, table.partition] })],
);

/**
 * Partitions that a consumer has seen to be fully read and quiet. One is passed over while `epoch` and `next_offset` are those of its
 * checkpoint, and `observed_at` is not older than 15 s by Postgres's clock.
 */
export const quietPartitions = tidemark.table(
  "quiet_partitions",
  {
    pipeline: text("pipeline").notNull(),
    topic: text("topic").notNull(),
    partition: integer("partition").notNull(),
    epoch: bigint("epoch", { mode: "number" }).notNull(),
    nextOffset: bigint("next_offset", { mode: "number" }).notNull(),
    /** For so long, by its consumer's monotonic clock. */
    quietMs: bigint("quiet_ms", { mode: "number" }).notNull(),
    observedAt: timestamp("observed_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.pipeline, table.topic, table.partition] })],
);

/** Up to when windows are shown as closed, where quiet partitions were passed over. Never falls, but by a rebuild. */
export const closedWindows = tidemark.table(
  "closed_windows",
  {
    pipeline: text("pipeline").notNull(),
    topic: text("topic").notNull(),
    closedTo: timestamp("closed_to", { withTimezone: true }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.pipeline, table.topic] })],
);

/** How far windows that are closed in all partitions were merged into one row, and what of each partition is in such rows. */
export const mergedWindows = tidemark.table(
  "merged_windows",
  {
    pipeline: text("pipeline").notNull(),
    topic: text("topic").notNull(),
    /** Its name. */
    rollup: text("rollup").notNull(),
    partition: integer("partition").notNull(),
    /** Windows of the partition that were closed by then have been looked at. */
    mergedTo: timestamp("merged_to", { withTimezone: true }).notNull(),
    /** Counted events of the partition in merged rows; 0 where the rollup does not count its events. */
    events: bigint("events", { mode: "number" }).notNull(),
    /** Start of the newest window of the coarsest rollup in which such events lie; null: there are none. */
    since: timestamp("since", { withTimezone: true }),
    /** How many of them lie there. */
    eventsSince: bigint("events_since", { mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.pipeline, table.topic, table.rollup, table.partition] })],
);

/** Records that are left out by a decision of a person: rejected, with the reason `excluded`. */
export const exclusions = tidemark.table(
  "exclusions",
  {
    pipeline: text("pipeline").notNull(),
    topic: text("topic").notNull(),
    partition: integer("partition").notNull(),
    offset: bigint("offset", { mode: "number" }).notNull(),
    decidedAt: timestamp("decided_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.pipeline, table.topic, table.partition, table.offset] })],
);

/** What retention has dropped; a pipeline's table is complete from `complete_from` on. */
export const retention = tidemark.table(
  "retention",
  {
    pipeline: text("pipeline").notNull(),
    table: text("table_name").notNull(),
    completeFrom: timestamp("complete_from", { withTimezone: true }).notNull(),
    droppedRows: bigint("dropped_rows", { mode: "number" }).notNull().default(0),
    /** Some partitions were rebuilt since: `dropped_rows` may count rows twice. */
    rebuilt: boolean("rebuilt").notNull().default(false),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.pipeline, table.table] })],
);

/** How far the ids of a topic were forgotten, where they are unique over all of its partitions. */
export const forgottenIds = tidemark.table(
  "forgotten_ids",
  {
    pipeline: text("pipeline").notNull(),
    topic: text("topic").notNull(),
    /** Epoch ms: ids that live until then or less may be gone. */
    until: bigint("until", { mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.pipeline, table.topic] })],
);

/** The tables and views that `migrate` made, and for which pipeline. */
export const ownedTables = tidemark.table(
  "tables",
  {
    schema: text("schema_name").notNull(),
    table: text("table_name").notNull(),
    pipeline: text("pipeline").notNull(),
    definitionHash: text("definition_hash")
      .notNull()
      .references(() => definitions.hash),
    /** The SQL that made it. */
    ddl: text("ddl").notNull(),
  },
  (table) => [primaryKey({ columns: [table.schema, table.table] })],
);

/** Columns of `progress` and of the view on it. */
export function progressColumns() {
  return {
    /** When the observation was written, by Postgres's clock. */
    at: timestamp("at", { withTimezone: true }).notNull(),
    pipeline: text("pipeline").notNull(),
    topic: text("topic").notNull(),
    partition: integer("partition").notNull(),
    /** Who observed: host name and process id. */
    consumer: text("consumer").notNull(),
    /** How long this observation covers. */
    seconds: doublePrecision("seconds").notNull(),
    /** Committed in that time. */
    records: bigint("records", { mode: "number" }).notNull(),
    checkpoints: integer("checkpoints").notNull(),
    /** From a checkpoint's first try to its answer; 0 where there was none. */
    checkpoint_ms_sum: doublePrecision("checkpoint_ms_sum").notNull(),
    checkpoint_ms_max: doublePrecision("checkpoint_ms_max").notNull(),
    /** Records of the log behind the committed offset, as last known. */
    lag: bigint("lag", { mode: "number" }).notNull(),
    /** How often reading was paused since the tables didn't keep up. */
    pauses: integer("pauses").notNull(),
  };
}

/**
 * How consumers got on, by the wall clock: the log does not determine it, and it is no part of a checkpoint. An observation that
 * could not be written is missing.
 */
export const progress = tidemark.table("progress", progressColumns(), (table) => [index("progress_at").on(table.at)]);
