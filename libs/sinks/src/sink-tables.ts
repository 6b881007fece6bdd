import type { TimeUnit } from "@tidemark/schema";
import type { PgTable } from "drizzle-orm/pg-core";
import type { CopyEncoderOptions } from "./copy/copy-encoder.js";
import type { RollupData } from "./tables/pipeline-data.js";
import type { TopicIdTables } from "./tables/pipeline-tables.js";
import { shortenedRollups } from "./tables/shortened-rollups.js";
import type { TallyDefinition } from "./tables/verdicts.js";

/**
 * Where a sink writes. The raw table is all that it needs; each of the others makes something possible.
 *
 * Columns under the Drizzle property names `topic` and `partition` are filled by the sink. Tables with an id, late and
 * rejected ones have both, and `offset`; a rollup's properties are those two, `window_start`, its keys and the columns of its
 * aggregates, and a tally's those two, `window_start`, its keys and its measure.
 */
export interface SinkTables {
  readonly raw: TimedTable | UntimedTable;
  /** Rows with the properties of raw, `watermark` and `missed_by_ms`. */
  readonly late?: PgTable;
  /** Rows with `watermark`, and whatever else. */
  readonly rejected?: PgTable;
  readonly rollups: readonly { readonly definition: RollupData; readonly table: PgTable }[];
  /** Make ids unique over all partitions of a topic. The raw table has an id and a time then, and there is a rollup. */
  readonly topicIds?: TopicIdTables;
  /** Counts that checkpoints add to. Their primary key is topic, partition, window_start and the keys. */
  readonly tallies?: readonly { readonly definition: TallyDefinition; readonly table: PgTable }[];
}

/** Rows that have an event time, so that retention can drop them. */
export interface TimedTable {
  readonly table: PgTable;
  /** Property of the event time, and the unit of its numbers; `iso`: it holds ISO 8601 text. */
  readonly time: string;
  readonly timeUnit: TimeUnit;
  /** Property of the id by which events are deduplicated. Without it a claim gives no ids back. */
  readonly id?: string;
  /** Whether the table is partitioned by the UTC day of `time`. */
  readonly partitionedByDay?: boolean;
  /** Properties that rows have, and those that the sink fills; all columns where absent. Postgres fills the others. */
  readonly properties?: readonly string[];
}

/** Rows that no claim reads back and that retention leaves alone. */
export interface UntimedTable {
  readonly table: PgTable;
  readonly time?: undefined;
  readonly properties?: readonly string[];
}

/** Milliseconds in one unit of a number. */
const UNIT_MS = { s: 1_000, ms: 1, us: 0.001, iso: 1 } as const satisfies Record<TimeUnit, number>;

/** How rows of the raw and the late table are encoded. */
export function rowOptions({ raw }: Pick<SinkTables, "raw">): {
  readonly raw: CopyEncoderOptions;
  readonly late: CopyEncoderOptions;
} {
  const timeUnits: Readonly<Record<string, TimeUnit>> = raw.time === undefined ? {} : { [raw.time]: raw.timeUnit };
  const { properties } = raw;
  return {
    raw: { timeUnits, properties },
    late: { timeUnits, properties: properties && [...properties, "watermark", "missed_by_ms"] },
  };
}

/** Milliseconds since 1970 of a value of the raw table's time, rounded down. */
export function eventTimeMs(value: unknown, unit: TimeUnit): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value === "string") return Date.parse(value.replace(/(\.\d{3})\d+/, "$1"));
  return Math.floor(Number(value) * UNIT_MS[unit]);
}

/** The tables of rollups from which retention drops windows. */
export function finestRollups({ rollups }: SinkTables): readonly PgTable[] {
  const shortened = shortenedRollups(rollups.map(({ definition }) => definition));
  return rollups.filter(({ definition }) => shortened.includes(definition)).map(({ table }) => table);
}
