import { valueNamesOf } from "@tidemark/scenario/oracle";
import { socmedData } from "../pipeline.js";

/** The tables of the answers, in the order in which they get their names: `checkpoints` is last, so it tells completeness. */
export const tableNames = [
  "socmed_user_sales",
  "socmed_late",
  "socmed_rejected",
  "socmed_5s",
  "socmed_1m",
  "socmed_1h",
  "checkpoints",
] as const;

export type TableName = (typeof tableNames)[number];

/** The names of a rollup's aggregates, in the order of an `OracleWindow`'s values. */
export const aggregateColumns = valueNamesOf(socmedData.rollups[0] ?? { aggregates: {} });
