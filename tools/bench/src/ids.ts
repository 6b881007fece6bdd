import { eachIdLookedUp } from "./edits.js";
import { compareVariants } from "./variants.js";

const env = { ID_SCOPE: "topic" };

/** The cost of ids that are unique over all partitions: a table that each checkpoint writes, and look-ups while there are copies. */
export const ids = compareVariants("Ids that are unique", [
  { name: "in each partition", edits: [], isWhole: true },
  { name: "over all partitions", edits: [], env, isWhole: true },
  { name: "the same, each looked up before", edits: [eachIdLookedUp], env, isWhole: true },
]);
