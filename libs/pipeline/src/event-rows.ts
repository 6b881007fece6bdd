import type { Decoded } from "@tidemark/schema";
import { readValue, type SourceRecord } from "@tidemark/sources";
import { textOfId } from "@tidemark/windowing";
import { getTableColumns } from "drizzle-orm";
import { MOST_RECORDS } from "./batch-parts.js";
import type { Pipeline } from "./definition/define-pipeline.js";
import { createRowMaker, type EventRow } from "./row-maker.js";

/** Makes rows of records. */
export interface EventRows {
  /** The record's row, or why it is none. Never throws. */
  make(record: SourceRecord): Decoded<EventRow>;
  /** A row that stays as it is, whose UUIDs are texts. */
  keep<Row extends EventRow>(row: Row): Row;
}

export interface EventRowsOptions {
  /**
   * So many rows are made, and written over one after the other: no object is made for an event. Their UUIDs may be four words of 32
   * bits, as windows and COPY take them. Default: each row is a new object.
   */
  readonly reused?: number;
}

export function createEventRows(pipeline: Pipeline, { reused = 0 }: EventRowsOptions = {}): EventRows {
  const { data, event } = pipeline;
  const rowMaker = createRowMaker(data);
  // Ids that are unique over all partitions are looked up while rows of other partitions are made.
  const isReused = reused > 0 && data.tables.topicIds === undefined;
  const words = isReused ? wordsOf(pipeline) : [];
  const decode = event.createDecoder({ added: rowMaker.added, ...(isReused && { reused, words }) });

  return {
    make(record) {
      const decoded = readValue(record, decode) ?? event.decode(null);
      if (decoded.ok) rowMaker.complete(decoded.event, record.offset);
      return decoded as Decoded<EventRow>;
    },
    keep(row) {
      if (!isReused) return row;
      const kept: Record<string, unknown> = { ...row };
      for (const name of words) {
        const value = kept[name];
        if (value instanceof Int32Array) kept[name] = textOfId(value);
      }
      return kept as typeof row;
    },
  };
}

/** Rows that all partitions share: those of one part of a batch are there at once. */
export function createSharedRows(pipeline: Pipeline): EventRows {
  return createEventRows(pipeline, { reused: MOST_RECORDS });
}

/** UUIDs that nobody needs as texts: those that are no key of windows, in tables with columns of UUIDs. */
function wordsOf({ data, tables }: Pipeline): readonly string[] {
  const keys = new Set(data.rollups.flatMap((rollup) => rollup.keys));
  const rows = [tables.raw, tables.late].filter((table) => table !== undefined).map((table) => getTableColumns(table));
  const isUuid = (name: string) => rows.every((columns) => [undefined, "uuid"].includes(columns[name]?.getSQLType()));
  return data.fields.map(({ name }) => name).filter((name) => !keys.has(name) && isUuid(name));
}
