const sums = ["events", "usage_count", "sales", "visitors", "page_visitors", "conversion"];
export const rateSums = ["conversion_rate_sum", "bounce_rate_sum"];
export const figures = [...sums, ...rateSums, "conversion_rate_count", "bounce_rate_count"];
export const wrong = (table: string, columns: readonly string[]) =>
  columns.map((column) => `${table}.${column} wrong-value`);
export const inOutcomes = (kind: string) =>
  ["socmed_verdicts_1m", "socmed_verdicts_1h"].map((table) => `${table}${kind}`);
export const wrongOutcomes = inOutcomes(".records wrong-value");
const coarser = ["socmed_1m", "socmed_1h"];
export const wrongCoarser = coarser.flatMap((table) => wrong(table, figures));
export const wrongRollups = (columns: readonly string[]) =>
  ["socmed_5s", ...coarser].flatMap((table) => wrong(table, columns));
