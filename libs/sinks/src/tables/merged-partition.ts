/**
 * Stands in the place of the partition in a rollup's row that holds a closed window of several partitions. It comes before all
 * partitions, in the order in which their figures are put together.
 */
export const MERGED_PARTITION = -1;
