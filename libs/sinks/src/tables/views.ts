import { bigint, boolean, integer, text, timestamp } from "drizzle-orm/pg-core";
import { progressColumns, tidemark } from "./tidemark.js";

/** The checkpoints, as people and dashboards may read them. */
export const pipelineHealth = tidemark
  .view("pipeline_health", {
    pipeline: text("pipeline").notNull(),
    topic: text("topic").notNull(),
    partition: integer("partition").notNull(),
    group: text("group_name").notNull(),
    startOffset: bigint("start_offset", { mode: "number" }).notNull(),
    nextOffset: bigint("next_offset", { mode: "number" }).notNull(),
    epoch: bigint("epoch", { mode: "number" }).notNull(),
    /** Null before the first event. */
    watermark: timestamp("watermark", { withTimezone: true }),
    maxEventTime: timestamp("max_event_time", { withTimezone: true }),
    read: bigint("read", { mode: "number" }).notNull(),
    counted: bigint("counted", { mode: "number" }).notNull(),
    duplicate: bigint("duplicate", { mode: "number" }).notNull(),
    late: bigint("late", { mode: "number" }).notNull(),
    quarantined: bigint("quarantined", { mode: "number" }).notNull(),
    rejected: bigint("rejected", { mode: "number" }).notNull(),
    refused: bigint("refused", { mode: "number" }).notNull(),
    skipped: bigint("skipped", { mode: "number" }).notNull(),
    lost: bigint("lost", { mode: "number" }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
    /**
     * Whether its watermark is the lowest of its pipeline and topic, of partitions that are not passed over; null before the
     * partition's first event.
     */
    holdsWatermark: boolean("holds_watermark"),
    /** It is fully read and quiet, and holds back neither views nor retention for now. */
    quiet: boolean("quiet").notNull(),
    /** Of the topic: up to when windows are shown as closed, though a quiet partition has not come so far. Null where none was passed over. */
    closedTo: timestamp("closed_to", { withTimezone: true }),
  })
  .existing();

/** `tidemark.progress`, for those who may only read. */
export const pipelineProgress = tidemark.view("pipeline_progress", progressColumns()).existing();
