import {
  changedEvent,
  changedRollups,
  committedTwice,
  dedupOff,
  duplicateCountedByArrival,
  lastRecordMoved,
  latenessOffByOne,
  lateRowCounted,
  lostRecord,
  rejectSwallowed,
  skippedPartition,
  type Injection,
} from "./injection.js";
import {
  figures,
  inOutcomes,
  rateSums,
  wrong,
  wrongCoarser,
  wrongOutcomes,
  wrongRollups,
} from "./kinds-of-difference.js";
import type { ExpectedFindings } from "./model.js";

/** A mistake around a real part of the running pipeline. */
export interface InjectedFault extends ExpectedFindings {
  readonly injection: Injection;
}

const swapped: Readonly<Record<string, string>> = { X: "TikTok", TikTok: "X" };
const swap = (platform: string) => swapped[platform] ?? platform;

const swappedPlatforms = changedEvent((event) => ({ ...event, Sosial_Media: swap(String(event["Sosial_Media"])) }));

const meanForSum = changedRollups(({ figures: values }) => {
  const means = Object.entries(values).map(([column, value]) => [
    column,
    column.endsWith("_rate_sum") ? value / Number(values["events"]) : value,
  ]);
  return { figures: Object.fromEntries(means) as typeof values };
});

export const injectedFaults: readonly InjectedFault[] = [
  {
    name: "a lost event: a record at offset 0 is taken for one that has no place",
    injection: lostRecord,
    // A copy of one of the lost events comes later, and is counted in its stead.
    finds: [
      "socmed_user_sales missing-row",
      "socmed_user_sales unexpected-row",
      "socmed_5s missing-row",
      ...wrongRollups(figures),
      ...wrongOutcomes,
      ...wrong("tidemark.checkpoints", ["read", "counted", "duplicate", "skipped"]),
    ],
    inModel: { isRead: ({ offset }) => offset > 0 },
  },
  {
    name: "a lateness off by one ms: a window takes events one ms longer than the definition allows",
    injection: latenessOffByOne,
    finds: [
      "socmed_user_sales unexpected-row",
      "socmed_late missing-row",
      ...wrong("socmed_late", ["missed_by_ms"]),
      "socmed_5s unexpected-row",
      "socmed_1m unexpected-row",
      ...wrongCoarser,
      // An event that is late by exactly the bound of a bucket falls into the one below.
      "socmed_verdicts_1m unexpected-row",
      ...inOutcomes(" missing-row"),
      ...wrongOutcomes,
      ...wrong("tidemark.checkpoints", ["counted", "late"]),
    ],
    inModel: { allowedLatenessMs: 1 },
  },
  {
    name: "dedup off: the pipeline has an id, and records are processed without one",
    injection: dedupOff,
    finds: [
      "socmed_user_sales unexpected-row",
      ...wrongRollups(figures),
      ...inOutcomes(" missing-row"),
      ...wrongOutcomes,
      ...wrong("tidemark.checkpoints", ["counted", "duplicate"]),
    ],
    inModel: { knowsIds: false },
  },
  {
    name: "a rollup summed as a mean: its sums of rates are divided by its events",
    injection: meanForSum,
    finds: wrongRollups(rateSums),
    inModel: { rateSum: (sum, events) => sum / events },
  },
  {
    name: "two swapped platforms: X and TikTok",
    injection: swappedPlatforms,
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
    inModel: { platform: swap },
  },
  {
    name: "one partition skipped: its task begins at the end of the log and claims nothing",
    injection: skippedPartition,
    finds: ["tidemark.checkpoints no-checkpoint"],
    inModel: { isRead: ({ partition }) => partition !== 0 },
  },
  {
    name: "a checkpoint committed twice: the second time from where it has got to, so that no fence stops it",
    injection: committedTwice,
    // Windows are absolute, and so is what a checkpoint says.
    finds: [
      "socmed_user_sales repeated-row",
      "socmed_late repeated-row",
      "socmed_rejected repeated-row",
      ...wrongOutcomes,
    ],
    inModel: { copies: 2 },
  },
  {
    name: "a last record one offset too far: checkpoints name one that was not the newest",
    injection: lastRecordMoved,
    finds: wrong("tidemark.checkpoints", ["last_record"]),
    inModel: { lastOffset: (offset) => offset + 1 },
  },
  {
    name: "a late row counted: it is in the raw table too",
    injection: lateRowCounted,
    finds: ["socmed_user_sales unexpected-row"],
    inModel: { raw: ["counted", "late"] },
  },
  {
    name: "a reject swallowed: one without bytes is in the ledger alone",
    injection: rejectSwallowed,
    finds: ["socmed_rejected missing-row"],
    inModel: { keepsReject: ({ value }) => value !== null },
  },
  {
    name: "a duplicate counted as a counted event by minute and hour of its arrival",
    injection: duplicateCountedByArrival,
    finds: [...inOutcomes(" missing-row"), ...wrongOutcomes],
    inModel: { talliedAs: (verdict) => (verdict === "duplicate" ? "counted" : verdict) },
  },
];
