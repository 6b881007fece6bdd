import type { Edit } from "@tidemark/pipeline-copy";
import { compareVariants } from "./variants.js";

const fold = "apps/consumer/src/partition-fold.ts";
const commit = "libs/sinks/src/postgres/commit.ts";

const noRates: readonly Edit[] = ["conversion", "bounce"].map((rate) => ({
  file: "apps/consumer/src/event-row.ts",
  find: `${rate}_rate: evaluateRate(${rate}Rate, event)`,
  replace: `${rate}_rate: null`,
}));
const noDedup: Edit = { file: "apps/consumer/src/pipeline.ts", find: 'id: "ID",', replace: "" };
const noWindows: Edit = {
  file: "libs/windowing/src/fixed-windowing.ts",
  find: "else if (this.#tables.length > 1) this.#addToEach(last, event);",
  replace: "else if (this.#tables.length > 1) void last;",
};
const noRows: Edit = { file: "apps/consumer/src/partition-task.ts", find: "rows.add(folded);", replace: "" };
const noCopy: Edit = {
  file: commit,
  find: "for (const { statement, chunks } of copies) rest.push({ text: statement, copied: chunks });",
  replace: "",
};
const noUpserts: Edit = {
  file: commit,
  find: "if (windows !== undefined) rest.push(windows);",
  replace: "",
};
const noScanner: Edit = {
  file: "libs/schema/src/decode.ts",
  find: "const usual = scanEvent(bytes);",
  replace: "const usual = null as ReturnType<typeof scanEvent>;",
};
/** Nothing is folded: every record is passed over. */
const nothingFolded: readonly Edit[] = [
  {
    file: fold,
    find: "const rows = fold(batch.records);",
    replace: "const rows = { rows: [], late: [], rejected: [] };",
  },
  { file: fold, find: "skipped += batch.skipped;", replace: "skipped += batch.skipped + batch.records.length;" },
];
const ownDecoding: Edit = { file: "libs/sources/src/kafkajs-port.ts", find: "  patchKafkajsDecoder();\n", replace: "" };

/** The whole path, and the path without each of its stages. */
export const stages = compareVariants("The path without each stage", [
  { name: "the whole path", edits: [], isWhole: true },
  { name: "without rates", edits: noRates },
  { name: "without dedup", edits: [noDedup] },
  { name: "without windows (and so upserts)", edits: [noWindows] },
  { name: "without upserts", edits: [noUpserts] },
  { name: "without COPY (rows are encoded)", edits: [noCopy] },
  { name: "without rows (neither is done)", edits: [noRows] },
  { name: "without rows and upserts", edits: [noRows, noUpserts] },
  { name: "Kafka and checkpoints alone", edits: nothingFolded },
  { name: "all, without the scanner", edits: [noScanner], isWhole: true },
  { name: "all, kafkajs as it is", edits: [ownDecoding], isWhole: true },
]);
