import { bigint, boolean, integer, pgView, text, timestamp } from "drizzle-orm/pg-core";
import { rollupColumns } from "./socmed.js";
import { progressColumns } from "./tidemark.js";

function totalView<Name extends string>(name: Name) {
  return pgView(name, {
    topic: text("topic").notNull(),
    ...rollupColumns(),
    /** Whether no partition that holds a part of the window takes another event for it. */
    closed: boolean("closed").notNull(),
  }).existing();
}

/** 5 s windows over all partitions of a topic. */
export const socmed5sTotal = totalView("socmed_5s_total");
/** 1 min windows over all partitions of a topic. */
export const socmed1mTotal = totalView("socmed_1m_total");
/** Hours over all partitions of a topic. */
export const socmed1hTotal = totalView("socmed_1h_total");

/** The checkpoints, as people and dashboards may read them. */
export const pipelineHealth = pgView("pipeline_health", {
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
  skipped: bigint("skipped", { mode: "number" }).notNull(),
  lost: bigint("lost", { mode: "number" }).notNull(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  /** Whether its watermark is the lowest of its topic; null before the partition's first event. */
  holdsWatermark: boolean("holds_watermark"),
}).existing();

/** `tidemark.progress`, for those who may only read. */
export const pipelineProgress = pgView("pipeline_progress", progressColumns()).existing();
