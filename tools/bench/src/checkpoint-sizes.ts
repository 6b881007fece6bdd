import { compareVariants } from "./variants.js";

const sizes = [500, 2_000, 5_000, 10_000, 20_000, 50_000];

/** How many records make a checkpoint in a backlog. */
export const checkpoints = compareVariants(
  "Records to a checkpoint",
  sizes.map((size) => ({
    name: size.toLocaleString("en-US"),
    isWhole: true,
    edits: [
      { file: "apps/consumer/src/partition-task.ts", find: "maxRecords: 10_000,", replace: `maxRecords: ${size},` },
    ],
  })),
);
