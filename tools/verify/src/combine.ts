import type { OracleRollup } from "@tidemark/scenario/oracle";

/** How the figures of several partitions become one. Sums of doubles depend on their order, which is that of partitions. */
export type Combine = "integer-sum" | "double-sum" | "min" | "max";

/** Of each value column of a rollup, in their order: a mean has its sum and its count. */
export function combinesOf({ aggregates }: OracleRollup): readonly Combine[] {
  return Object.values(aggregates).flatMap((aggregate): Combine[] => {
    if (aggregate.kind === "min" || aggregate.kind === "max") return [aggregate.kind];
    const sum = "of" in aggregate && aggregate.of === "double" ? "double-sum" : "integer-sum";
    return aggregate.kind === "mean" ? [sum, "integer-sum"] : [sum];
  });
}
