import { checkpointPolicies } from "./edits.js";
import { compareVariants } from "./variants.js";

/** How many records make a checkpoint in a backlog. */
export const checkpoints = compareVariants(
  "Records to a checkpoint",
  checkpointPolicies.map(({ records, edit }) => ({
    name: records.toLocaleString("en-US"),
    isWhole: true,
    edits: [edit],
  })),
);
