import { bigint, integer, primaryKey, text, uuid, type pgTable } from "drizzle-orm/pg-core";
import type { PipelineData, TopicIdsData } from "./pipeline-data.js";

type TableMaker = typeof pgTable;

/**
 * The ids of counted events whose base window may still be open in some partition of their topic. The primary key is what makes an
 * id unique. It begins with the id: comparisons of the topic, which is mostly the same, would come first otherwise.
 */
export function idsTable(data: PipelineData, { ids }: TopicIdsData, define: TableMaker) {
  return define(
    ids,
    {
      topic: text("topic").notNull(),
      /** The id as text; the SHA-256 of one that is too long for an index. */
      id: idColumn(data),
      /** The partition that counted the event. */
      partition: integer("partition").notNull(),
      /** Epoch ms: the end of the event's base window and the allowed lateness. The id is free for a partition whose watermark has reached it. */
      live_until: bigint("live_until", { mode: "number" }).notNull(),
    },
    (table) => [primaryKey({ columns: [table.id, table.topic] })],
  );
}

/** Records that count as duplicates because another partition of their topic has counted their id. */
export function copiesTable(data: PipelineData, { copies }: TopicIdsData, define: TableMaker) {
  return define(copies, {
    topic: text("topic").notNull(),
    partition: integer("partition").notNull(),
    offset: bigint("offset", { mode: "number" }).notNull(),
    /** As in the table of ids. */
    id: idColumn(data),
  });
}

const idColumn = (data: PipelineData) => (isUuid(data) ? uuid("id") : text("id")).notNull();

function isUuid({ fields, id }: PipelineData): boolean {
  return fields.find(({ name }) => name === id)?.type.kind === "uuid";
}
