import { deriveTables, type PipelineData, type PipelineTables } from "@tidemark/sinks/tables";
import type { SocmedEvent } from "./event.js";
import { socmedData } from "./data.js";

export { socmedData } from "./data.js";
export { socmedRollups } from "./flat-rollups.js";

/** The flagship's tables and views, as Drizzle has them. */
export const socmedTables = deriveTables(socmedData) as unknown as PipelineTables<
  SocmedEvent,
  (typeof socmedData.rates)[number]["name"],
  (typeof socmedData.rollups)[number]
>;

/** The flagship as a sink takes it. */
export const socmedPipeline = { data: socmedData as PipelineData, tables: socmedTables };

/** The counter tables of outcomes: the finest first. */
export const socmedVerdictTallies = socmedData.tables.verdicts;

const { raw, late, rejected, rollups, totals, verdicts } = socmedTables;

/** Every counted event, its rates, and where it came from. */
export const socmedUserSales = raw;
/** Valid events that no window took. */
export const socmedLate = late;
/** Records that are no event, or come from too far in the future. */
export const socmedRejected = rejected;
export const { socmed_5s: socmed5s, socmed_1m: socmed1m, socmed_1h: socmed1h } = rollups;
export const { socmed_5s: socmed5sTotal, socmed_1m: socmed1mTotal, socmed_1h: socmed1hTotal } = totals;
export const [socmedVerdicts1m, socmedVerdicts1h] = verdicts as typeof verdicts & {
  readonly 0: (typeof verdicts)[number];
  readonly 1: (typeof verdicts)[number];
};
