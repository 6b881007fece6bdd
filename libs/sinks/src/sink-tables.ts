import type { PgTable } from "drizzle-orm/pg-core";
import { socmed1m, socmed5s, socmedLate, socmedRejected, socmedUserSales } from "./tables/socmed.js";
import { socmedRollups, type RollupDefinition } from "./tables/rollups.js";

/**
 * Where a sink writes. Each table has `topic`, `partition`, and (but for rollups) `offset` columns under these Drizzle
 * property names; a rollup's properties are `window_start`, its keys and the names of its aggregates.
 */
export interface SinkTables {
  readonly raw: {
    readonly table: PgTable;
    /** Property of the id by which events are deduplicated. */
    readonly id: string;
    /** Property of the event time, and the unit of its numbers in ms. */
    readonly time: string;
    readonly timeUnitMs: number;
    /** Whether the table is partitioned by the UTC day of `time`. */
    readonly partitionedByDay: boolean;
  };
  /** Rows with the properties of raw, `watermark` and `missed_by_ms`. */
  readonly late: PgTable;
  readonly rejected: PgTable;
  readonly rollups: readonly { readonly definition: RollupDefinition; readonly table: PgTable }[];
}

/** The tables of the flagship job. */
export const socmedTables: SinkTables = {
  raw: { table: socmedUserSales, id: "ID", time: "Ts", timeUnitMs: 1000, partitionedByDay: true },
  late: socmedLate,
  rejected: socmedRejected,
  rollups: [
    { definition: socmedRollups[0], table: socmed5s },
    { definition: socmedRollups[1], table: socmed1m },
  ],
};

/** The views of the flagship job that people and dashboards read. */
export const socmedViews: readonly string[] = ["socmed_5s_total", "socmed_1m_total", "pipeline_health"];
