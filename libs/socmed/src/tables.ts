import { socmed } from "./pipeline.js";

export { socmed, socmedData } from "./pipeline.js";

const { raw, late, rejected, rollups, totals, verdicts } = socmed.tables;

export const socmedRollups = socmed.data.rollups;

/** The counter tables of outcomes: the finest first. */
export const socmedVerdictTallies = socmed.data.tables.verdicts;

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
