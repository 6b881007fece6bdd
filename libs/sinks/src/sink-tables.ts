import type { PgTable } from "drizzle-orm/pg-core";
import { socmed1h, socmed1m, socmed5s, socmedLate, socmedRejected, socmedUserSales } from "./tables/socmed.js";
import { socmedRollups, type RollupDefinition } from "./tables/rollups.js";
import { socmedVerdicts1h, socmedVerdicts1m, socmedVerdictTallies, type TallyDefinition } from "./tables/verdicts.js";

/**
 * Where a sink writes. The raw table is all that it needs; each of the others makes something possible.
 *
 * Columns under the Drizzle property names `topic` and `partition` are filled by the sink. Tables with an id, late and
 * rejected ones have both, and `offset`; a rollup's properties are those two, `window_start`, its keys and its aggregates, and
 * a tally's those two, `window_start`, its keys and its measure.
 */
export interface SinkTables {
  readonly raw: TimedTable | UntimedTable;
  /** Rows with the properties of raw, `watermark` and `missed_by_ms`. */
  readonly late?: PgTable;
  /** Rows with `watermark`, and whatever else. */
  readonly rejected?: PgTable;
  readonly rollups: readonly { readonly definition: RollupDefinition; readonly table: PgTable }[];
  /** Counts that checkpoints add to. Their primary key is topic, partition, window_start and the keys. */
  readonly tallies?: readonly { readonly definition: TallyDefinition; readonly table: PgTable }[];
}

/** Rows that have an event time, so that retention can drop them. */
export interface TimedTable {
  readonly table: PgTable;
  /** Property of the event time, and the unit of its numbers in ms. */
  readonly time: string;
  readonly timeUnitMs: number;
  /** Property of the id by which events are deduplicated. Without it a claim gives no ids back. */
  readonly id?: string;
  /** Whether the table is partitioned by the UTC day of `time`. */
  readonly partitionedByDay?: boolean;
}

/** Rows that no claim reads back and that retention leaves alone. */
export interface UntimedTable {
  readonly table: PgTable;
  readonly time?: undefined;
}

/** The tables of the flagship job. */
export const socmedTables: SinkTables = {
  raw: { table: socmedUserSales, id: "ID", time: "Ts", timeUnitMs: 1000, partitionedByDay: true },
  late: socmedLate,
  rejected: socmedRejected,
  rollups: [
    { definition: socmedRollups[0], table: socmed5s },
    { definition: socmedRollups[1], table: socmed1m },
    { definition: socmedRollups[2], table: socmed1h },
  ],
  tallies: [
    { definition: socmedVerdictTallies[0], table: socmedVerdicts1m },
    { definition: socmedVerdictTallies[1], table: socmedVerdicts1h },
  ],
};

/** The views of the flagship job that people and dashboards read. */
export const socmedViews: readonly string[] = [
  "socmed_5s_total",
  "socmed_1m_total",
  "socmed_1h_total",
  "pipeline_health",
  "pipeline_progress",
];
