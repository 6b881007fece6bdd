/** Edits of the pipeline's source that benchmarks measure by. Each leaves out one stage, or sets a policy. */
import type { Edit } from "@tidemark/pipeline-copy";

const fold = "libs/pipeline/src/partition-processor.ts";
const commit = "libs/sinks/src/postgres/commit.ts";

export const noRates: Edit = {
  file: "libs/pipeline/src/row-maker.ts",
  find: "[name, `evaluateRate(rates[${at}], event)`]",
  replace: `[name, "null"]`,
};
export const noDedup: Edit = {
  file: "libs/pipeline/src/task-definition.ts",
  find: "...(id === null ? {} : { id: textPropertyOf(data, id) }),",
  replace: "",
};
export const noWindows: Edit = {
  file: "libs/windowing/src/fixed-windowing.ts",
  find: "else if (this.#tables.length > 1) this.#addToEach(last, event);",
  replace: "else if (this.#tables.length > 1) void last;",
};
export const noRows: Edit = {
  file: "libs/pipeline/src/partition-task.ts",
  find: "buffer.add(processed);",
  replace: "",
};
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
  find: "const scanned = scan === null || to - from > MAX_EVENT_BYTES ? null : scan(held, from, to);",
  replace: "const scanned = null as E | null;",
};
/** Nothing is processed: every record is passed over. */
export const nothingFolded: readonly Edit[] = [
  {
    file: fold,
    find: "const rows = records.map((record, index) => {",
    replace: "const rows = ([] as typeof records).map((record, index) => {",
  },
  {
    file: fold,
    find: "const rows = judgeRecords(decoded, taken);",
    replace: "const rows = { rows: [], late: [], rejected: [] };",
  },
  { file: fold, find: "skipped += batch.skipped;", replace: "skipped += batch.skipped + batch.records.length;" },
];
export const ownDecoding: Edit = {
  file: "libs/sources/src/kafkajs-session.ts",
  find: "    ownRecords: true,\n",
  replace: "",
};

const checkpointSizes = [500, 2_000, 10_000, 50_000, 200_000];

/** How many records make a checkpoint in a backlog. */
export const checkpointPolicies = checkpointSizes.map((records) => ({
  records,
  edit: {
    file: "libs/pipeline/src/checkpoint-policy.ts",
    find: "maxRecords: 50_000,",
    replace: `maxRecords: ${records},`,
  },
}));
/** Ids are looked up as if copies of other partitions' events had just come. */
export const eachIdLookedUp: Edit = {
  file: "libs/pipeline/src/id-lookups.ts",
  find: "#recordsLeft = 0;",
  replace: "#recordsLeft = Infinity;",
};
