import type { Edit } from "@tidemark/pipeline-copy";
import type { Rules } from "./model.js";

/** A mistake of the kind that a developer makes, and what the verifier must make of it. */
export interface PlantedFault extends Edit {
  readonly name: string;
  /** Every kind of difference, as `table[.column] kind`, and so none besides. */
  readonly finds: readonly string[];
  /** The same mistake in the model, which says how many differences there are, where, and what each says. */
  readonly inModel: Partial<Rules>;
}

const sums = ["events", "usage_count", "sales", "visitors", "page_visitors", "conversion"];
const rateSums = ["conversion_rate_sum", "bounce_rate_sum"];
const figures = [...sums, ...rateSums, "conversion_rate_count", "bounce_rate_count"];
const wrong = (table: string, columns: readonly string[]) => columns.map((column) => `${table}.${column} wrong-value`);
const inVerdicts = (kind: string) => ["socmed_verdicts_1m", "socmed_verdicts_1h"].map((table) => `${table}${kind}`);
const wrongVerdicts = inVerdicts(".records wrong-value");
const coarser = ["socmed_1m", "socmed_1h"];
const wrongCoarser = coarser.flatMap((table) => wrong(table, figures));
const wrongRollups = (columns: readonly string[]) =>
  ["socmed_5s", ...coarser].flatMap((table) => wrong(table, columns));

export const plantedFaults: readonly PlantedFault[] = [
  {
    name: "a lost event: a record at offset 0 is taken for one that has no place",
    file: "libs/sources/src/partition.ts",
    find: "cutBatch(range.records, range)",
    replace: "cutBatch(range.records.filter(({ offset }) => offset), range)",
    // A copy of one of the lost events comes later, and is counted in its stead.
    finds: [
      "socmed_user_sales missing-row",
      "socmed_user_sales unexpected-row",
      "socmed_5s missing-row",
      ...wrongRollups(figures),
      ...wrongVerdicts,
      ...wrong("tidemark.checkpoints", ["read", "counted", "duplicate", "skipped"]),
    ],
    inModel: { isRead: ({ offset }) => offset > 0 },
  },
  {
    name: "a doubled event: a window begins with its first event, which is then added to it",
    file: "libs/windowing/src/fixed-table.ts",
    find: "if (row === NONE) row = this.#insert(pane, key === NONE ? this.keys.insert(reader.keys, this.keySlots) : key);",
    replace: `if (row === NONE) {
      row = this.#insert(pane, key === NONE ? this.keys.insert(reader.keys, this.keySlots) : key);
      this.#accumulators.add(row, reader, event);
    }`,
    finds: wrongRollups(figures),
    inModel: { firstCounts: 2 },
  },
  {
    name: "an event off by a window: minute and hour are told by the end of the base window",
    file: "libs/windowing/src/fixed-windowing.ts",
    find: "windowIndex(reader.timeMs, table.slideMs, table.offsetMs)",
    replace: "windowIndex((last + 1) * this.#base.sizeMs, table.slideMs, table.offsetMs)",
    finds: ["socmed_1m missing-row", "socmed_1m unexpected-row", ...wrongCoarser],
    inModel: {
      windowStart(timeMs, sizeMs) {
        const isLast = sizeMs > 5_000 && timeMs % sizeMs >= sizeMs - 5_000;
        return timeMs - (timeMs % sizeMs) + (isLast ? sizeMs : 0);
      },
    },
  },
  {
    name: "a lateness off by one ms: a window is open at the watermark that closes it",
    file: "libs/windowing/src/lateness.ts",
    find: "return windowEndMs + allowedLatenessMs > watermarkMs;",
    replace: "return windowEndMs + allowedLatenessMs >= watermarkMs;",
    finds: [
      "socmed_user_sales unexpected-row",
      "socmed_late missing-row",
      "socmed_5s unexpected-row",
      "socmed_1m unexpected-row",
      ...wrongCoarser,
      ...inVerdicts(" missing-row"),
      ...wrongVerdicts,
      ...wrong("tidemark.checkpoints", ["counted", "late"]),
    ],
    inModel: { isOpen: (endMs, watermarkMs) => endMs >= watermarkMs },
  },
  {
    name: "dedup off: there is no set of ids where there are ids",
    file: "libs/windowing/src/fixed-windowing.ts",
    find: "this.#ids = id === undefined ? null : new IdSet(maxLiveIds);",
    replace: "this.#ids = id !== undefined ? null : new IdSet(maxLiveIds);",
    finds: [
      "socmed_user_sales unexpected-row",
      ...wrongRollups(figures),
      ...inVerdicts(" missing-row"),
      ...wrongVerdicts,
      ...wrong("tidemark.checkpoints", ["counted", "duplicate"]),
    ],
    inModel: { knowsIds: false },
  },
  {
    name: "a rate from rounded numbers: of a fraction with four digits",
    file: "libs/metrics/src/rate.ts",
    find: "(row[rate.numerator] / denominator) * rate.scale",
    replace: "Number((row[rate.numerator] / denominator).toFixed(4)) * rate.scale",
    finds: [
      ...wrong("socmed_user_sales", ["conversion_rate", "bounce_rate"]),
      ...wrong("socmed_late", ["conversion_rate", "bounce_rate"]),
      ...wrongRollups(rateSums),
    ],
    inModel: { rate: (part, whole) => (whole === 0 ? null : Number((part / whole).toFixed(4)) * 100) },
  },
  {
    name: "a rollup summed as a mean: its sums of rates are divided by its events",
    file: "libs/pipeline/src/partition-processor.ts",
    find: "values: shape.columns.map((column) => figures[column] ?? Number.NaN),",
    replace: `values: shape.columns.map((column) =>
      column.endsWith("_rate_sum") ? figures[column] / figures.events : (figures[column] ?? Number.NaN)),`,
    finds: wrongRollups(rateSums),
    inModel: { rateSum: (sum, events) => sum / events },
  },
  {
    name: "two swapped platforms: X and TikTok",
    file: "libs/pipeline/src/row-maker.ts",
    find: "...fields.map(({ name }) => [name, valueOf(name)]),",
    replace: `...fields.map(({ name }) => [
      name,
      name === "Sosial_Media" ? \`({ X: "TikTok", TikTok: "X" })[\${valueOf(name)}] ?? \${valueOf(name)}\` : valueOf(name),
    ]),`,
    finds: [
      ...wrong("socmed_user_sales", ["sosial_media"]),
      ...wrong("socmed_late", ["sosial_media"]),
      "socmed_5s missing-row",
      "socmed_5s unexpected-row",
      "socmed_1m missing-row",
      "socmed_1m unexpected-row",
      "socmed_1h missing-row",
      "socmed_1h unexpected-row",
    ],
    inModel: { platform: (name) => ({ X: "TikTok", TikTok: "X" })[name] ?? name },
  },
  {
    name: "one partition skipped: they are counted from 1",
    file: "libs/sources/src/kafkajs-admin.ts",
    find: ".map(({ partition, low, high }) => ({",
    replace: ".filter(({ partition }) => partition >= 1).map(({ partition, low, high }) => ({",
    finds: ["tidemark.checkpoints no-checkpoint"],
    inModel: { isRead: ({ partition }) => partition !== 0 },
  },
  {
    name: "a checkpoint committed twice: the second time from where it has got to, so that no fence stops it",
    file: "libs/sinks/src/postgres/postgres-sink.ts",
    find: "(client: PoolClient) => writeCheckpoint(client, limits, commit, encoded)",
    replace: `async (client: PoolClient) => {
            await writeCheckpoint(client, limits, commit, encoded);
            const again = { ...commit, expectedOffset: checkpoint.nextOffset };
            await writeCheckpoint(client, limits, again, encoded);
          }`,
    // Windows are absolute, and so is what a checkpoint says.
    finds: [
      "socmed_user_sales repeated-row",
      "socmed_late repeated-row",
      "socmed_rejected repeated-row",
      ...wrongVerdicts,
    ],
    inModel: { copies: 2 },
  },
  {
    name: "a late row counted: it is in the raw table too",
    file: "libs/pipeline/src/partition-processor.ts",
    find: "rows.filter((_, index) => !others.has(index))",
    replace: `rows.filter((_, index) => (others.get(index)?.verdict ?? "late") === "late")`,
    finds: ["socmed_user_sales unexpected-row"],
    inModel: { raw: ["counted", "late"] },
  },
  {
    name: "a reject swallowed: one without bytes is in the ledger alone",
    file: "libs/pipeline/src/partition-processor.ts",
    find: "rows: counted as readonly EventRow[], late, rejected };",
    replace: "rows: counted as readonly EventRow[], late, rejected: rejected.filter(({ bytes }) => bytes) };",
    finds: ["socmed_rejected missing-row"],
    inModel: { keepsReject: ({ value }) => value !== null },
  },
  {
    name: "a duplicate tallied as counted: nobody moves it",
    file: "libs/pipeline/src/outcome-counter.ts",
    find: "counts.counted -= 1;",
    replace: `if (outcome.verdict === "duplicate") continue;
      counts.counted -= 1;`,
    finds: [...inVerdicts(" missing-row"), ...wrongVerdicts],
    inModel: { talliedAs: (verdict) => (verdict === "duplicate" ? "counted" : verdict) },
  },
  {
    name: "a bucket of lateness off by one ms: its upper bound lies within it",
    file: "libs/pipeline/src/outcome-counter.ts",
    find: "missedByMs < belowMs",
    replace: "missedByMs <= belowMs",
    finds: ["socmed_verdicts_1m unexpected-row", ...wrongVerdicts],
    inModel: { isBelow: (missedByMs, limitMs) => missedByMs <= limitMs },
  },
];

/** A first claim that begins behind the first record. The model has no such mistake. */
export const startPassedOver: Edit = {
  file: "libs/sinks/src/postgres/claim.ts",
  find: "hash, logStartOffset],",
  replace: "hash, logStartOffset + 1],",
};
