import {
  noCopy,
  noDedup,
  noRates,
  noRows,
  noScanner,
  noUpserts,
  noWindows,
  nothingFolded,
  ownDecoding,
} from "./edits.js";
import { compareVariants } from "./variants.js";

/** The whole path, and the path without each of its stages. */
export const stages = compareVariants("The path without each stage", [
  { name: "the whole path", edits: [], isWhole: true },
  { name: "without rates", edits: [noRates] },
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
