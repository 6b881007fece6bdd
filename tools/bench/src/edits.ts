/** Edits of the pipeline's source that benchmarks measure by. Each leaves out one stage, or sets a policy. */
import type { Edit } from "@tidemark/pipeline-copy";

const fold = "apps/consumer/src/partition-fold.ts";
const commit = "libs/sinks/src/postgres/commit.ts";

export const noRates: readonly Edit[] = ["conversion", "bounce"].map((rate) => ({
  file: "apps/consumer/src/event-row.ts",
  find: `${rate}_rate: evaluateRate(${rate}Rate, event)`,
  replace: `${rate}_rate: null`,
}));
export const noDedup: Edit = { file: "apps/consumer/src/pipeline.ts", find: 'id: "ID",', replace: "" };
export const noWindows: Edit = {
  file: "libs/windowing/src/fixed-windowing.ts",
  find: "else if (this.#tables.length > 1) this.#addToEach(last, event);",
  replace: "else if (this.#tables.length > 1) void last;",
};
export const noRows: Edit = { file: "apps/consumer/src/partition-task.ts", find: "rows.add(folded);", replace: "" };
export const noCopy: Edit = {
  file: commit,
  find: "for (const { statement, chunks } of copies) rest.push({ text: statement, copied: chunks });",
  replace: "",
};
export const noUpserts: Edit = {
  file: commit,
  find: "if (windows !== undefined) rest.push(windows);",
  replace: "",
};
export const noScanner: Edit = {
  file: "libs/schema/src/decode.ts",
  find: "const scanned = scan === null ? null : scan(bytes);",
  replace: "const scanned = null as E | null;",
};
/** Nothing is folded: every record is passed over. */
export const nothingFolded: readonly Edit[] = [
  {
    file: fold,
    find: "const rows = fold(batch.records);",
    replace: "const rows = { rows: [], late: [], rejected: [] };",
  },
  { file: fold, find: "skipped += batch.skipped;", replace: "skipped += batch.skipped + batch.records.length;" },
];
export const ownDecoding: Edit = {
  file: "libs/sources/src/kafkajs-port.ts",
  find: "  patchKafkajsDecoder();\n",
  replace: "",
};

const checkpointSizes = [500, 2_000, 5_000, 10_000, 20_000, 50_000];

/** How many records make a checkpoint in a backlog. */
export const checkpointPolicies = checkpointSizes.map((records) => ({
  records,
  edit: {
    file: "apps/consumer/src/partition-task.ts",
    find: "maxRecords: 10_000,",
    replace: `maxRecords: ${records},`,
  },
}));
