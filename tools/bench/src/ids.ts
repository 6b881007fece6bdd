import { compareVariants } from "./variants.js";

/** The cost of ids that are unique over all partitions: a look-up of each part, and a table that each checkpoint writes. */
export const ids = compareVariants("Ids that are unique", [
  { name: "in each partition", edits: [], isWhole: true },
  { name: "over all partitions", edits: [], env: { ID_SCOPE: "topic" }, isWhole: true },
]);
