import type { Edit } from "@tidemark/pipeline-copy";

/** A mistake in the SQL of panels, or in what it is made of, and what the verifier must make of it. */
export interface PanelFault extends Edit {
  readonly name: string;
  /** Every kind of difference, as `panel[.column] kind`, and so none besides. */
  readonly finds: readonly string[];
}

const rateTables = ["average-conversion-rate", "average-bounce-rate", "conversion-by-city-and-platform"];
const wrongRates = (...columns: readonly string[]) =>
  rateTables.flatMap((table) => columns.map((column) => `${table}.${column} wrong-value`));

const wrongRanking = [
  ...["city", "users"].map((column) => `city-with-most-users.${column} wrong-value`),
  ...["city", "sales"].map((column) => `city-with-most-sales.${column} wrong-value`),
];
const wrongTotals = [
  "total-usage.usage wrong-value",
  "total-transactions.transactions wrong-value",
  ...["people", "share"].map((column) => `funnel.${column} wrong-value`),
];
const allWindows = [...wrongRates("mean", "pooled", "low", "high", "events"), ...wrongRanking, ...wrongTotals];

export const panelFaults: readonly PanelFault[] = [
  {
    name: "a mean where the pooled rate has to be",
    file: "libs/socmed/src/panels/rates.ts",
    find: "raw(pooledSql(rate, windowColumn))",
    replace: "raw(meanSql(rate, windowColumn))",
    finds: wrongRates("pooled"),
  },
  {
    name: "a mean of the windows' sums of a rate in the place of their sum",
    file: "libs/socmed/src/panels/windows.ts",
    find: "sum(${column}) as ${sql.identifier(column.name)}",
    replace:
      '${sql.raw(column.name.endsWith("_rate_sum") ? "avg" : "sum")}(${column}) as ${sql.identifier(column.name)}',
    finds: wrongRates("mean"),
  },
  {
    name: "Wilson's interval with half of its correction",
    file: "libs/metrics/src/wilson.ts",
    find: "${z * z} / (4 * ${trials})) / ${trials})`;",
    replace: "${z * z} / (8 * ${trials})) / ${trials})`;",
    finds: wrongRates("low", "high"),
  },
  {
    name: "five minutes that are off by a window",
    file: "libs/socmed/src/panels/windows.ts",
    find: "${socmed5s.window_start} >= ${timeTo()} - interval '5 minutes'",
    replace: "${socmed5s.window_start} > ${timeTo()} - interval '5 minutes'",
    finds: ["platform-with-most-visitors.visitors wrong-value"],
  },
  {
    name: "ties in the order of the alphabet backwards",
    file: "libs/socmed/src/panels/places.ts",
    find: `order by sum(\${counter}) desc, \${windows.Kota} collate "C"`,
    replace: `order by sum(\${counter}) desc, \${windows.Kota} collate "C" desc`,
    finds: ["city-with-most-users.city wrong-value", "city-with-most-sales.city wrong-value"],
  },
  {
    name: "a city that was chosen and is not asked for",
    file: "libs/socmed/src/panels/windows.ts",
    find: `and \${isChosen(rollup.Kota, "city")}`,
    replace: `and (\${isChosen(rollup.Kota, "city")} or true)`,
    finds: [
      "platform-with-most-visitors.visitors wrong-value",
      "real-time-total-usage unexpected-row",
      "real-time-total-usage.usage wrong-value",
      "conversion-by-city-and-platform unexpected-row",
      ...allWindows.filter((kind) => !kind.startsWith("conversion-by-city")),
    ],
  },
  {
    name: "minutes where a range is short enough for windows of 5 s",
    file: "libs/panels/src/resolution.ts",
    find: "export const fineRangeMs = 3 * hourMs;",
    replace: "export const fineRangeMs = 3 * minuteMs;",
    finds: [
      "real-time-total-usage missing-row",
      "real-time-total-usage unexpected-row",
      "real-time-total-usage.usage wrong-value",
      ...allWindows,
    ],
  },
  {
    name: "points of minutes where a range is long enough for hours",
    file: "libs/panels/src/resolution.ts",
    find: "const coarseRangeMs = 72 * hourMs;",
    replace: "const coarseRangeMs = 72 * 24 * hourMs;",
    finds: [
      "real-time-total-usage.time wrong-value",
      "ledger-over-time.time wrong-value",
      "annotation late-bursts.time wrong-value",
      "annotation late-bursts.timeend wrong-value",
    ],
  },
  {
    name: "a time range without its first moment",
    file: "libs/panels/src/expand.ts",
    find: "return `${args.trim()} BETWEEN ${timeLiteral(fromMs)} AND ${timeLiteral(toMs)}`;",
    replace: "return `(${args.trim()} > ${timeLiteral(fromMs)} AND ${args.trim()} <= ${timeLiteral(toMs)})`;",
    finds: ["real-time-total-usage missing-row", ...allWindows],
  },
  {
    name: "points without a value where nothing was used",
    file: "libs/socmed/src/panels/usage.ts",
    find: "from points cross join platforms left join sums",
    replace: "from points cross join platforms join sums",
    finds: ["real-time-total-usage missing-row"],
  },
  {
    name: "a funnel whose second step is those who left",
    file: "libs/socmed/src/panels/funnel.ts",
    find: "(2, 'Stayed', visitors - page_visitors)",
    replace: "(2, 'Stayed', page_visitors)",
    finds: ["funnel.people wrong-value", "funnel.share wrong-value"],
  },
  {
    name: "late bursts from another share on",
    file: "libs/panels/src/health/late-bursts.ts",
    find: "export const lateBurst = { records: 10, share: 0.05 } as const;",
    replace: "export const lateBurst = { records: 10, share: 0.06 } as const;",
    finds: ["annotation late-bursts missing-row"],
  },
  {
    name: "reasons with the rarest first",
    file: "libs/panels/src/health/ledger.ts",
    find: "order by sum(records) desc, reason",
    replace: "order by sum(records), reason",
    finds: ["rejects-by-reason.reason wrong-value", "rejects-by-reason.records wrong-value"],
  },
  {
    name: "a ledger without the refused rows",
    file: "libs/panels/src/health/ledger.ts",
    find: "sum(${health.refused}) as refused",
    replace: "0 as refused",
    finds: ["ledger.records wrong-value", "ledger.share wrong-value"],
  },
  {
    name: "figures of another pipeline that reads the same topic",
    file: "libs/panels/src/pipeline.ts",
    find: "return sql`${column} = ${textLiteral(name)}`;",
    replace: "return sql`(${column} = ${textLiteral(name)} or true)`;",
    finds: [
      ...["records", "share"].map((column) => `ledger.${column} wrong-value`),
      "watermarks unexpected-row",
      ...["watermark", "behind", "next_offset", "committed"].map((column) => `watermarks.${column} wrong-value`),
      "rows-per-second.rate wrong-value",
      "lag-now.lag wrong-value",
      "lag-over-time.lag wrong-value",
      "checkpoint-time.duration wrong-value",
      "variable topic unexpected-row",
    ],
  },
  {
    name: "rows per second over the seconds of all partitions",
    file: "libs/panels/src/health/flow.ts",
    find: `as rate
  \${fromSeen}
  group by 1, \${progress.partition}`,
    replace: `as rate
  \${fromSeen}
  group by 1`,
    finds: ["rows-per-second.rate wrong-value"],
  },
  {
    name: "the lag of a partition's oldest observation within the minute",
    file: "libs/panels/src/health/flow.ts",
    find: "order by ${progress.partition}, ${progress.at} desc",
    replace: "order by ${progress.partition}, ${progress.at}",
    finds: ["lag-now.lag wrong-value"],
  },
  {
    name: "the highest watermark holding the others",
    file: "libs/panels/src/health/state.ts",
    find: "max(${health.watermark}) over () - ${health.watermark})",
    replace: "${health.watermark} - min(${health.watermark}) over ())",
    finds: ["watermarks.behind wrong-value"],
  },
  {
    name: "a column that is not there",
    file: "libs/socmed/src/panels/usage.ts",
    find: 'columns: { usage: count("Usage", sql`sum(${windows.usage_count})`) },',
    replace: 'columns: { usage: count("Usage", sql`sum(uses)`) },',
    finds: ["total-usage failing-query"],
  },
];
