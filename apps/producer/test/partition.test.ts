import { describe, expect, it } from "vitest";
import { createPartitioner } from "../src/partition.js";

describe("the partitioner", () => {
  // murmur2 of Kafka's Java client (Utils.murmur2), as its own UtilsTest lists them, made positive.
  it.each([
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["a-little-bit-longer-string", -1_486_304_829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
    ["abc", 479_470_107],
  ])("puts %s where Kafka's Java producer does", (key, murmur2) => {
    for (const partitions of [1, 8, 25, 1_000]) {
      expect(createPartitioner(partitions)(key)).toBe((murmur2 & 0x7fffffff) % partitions);
    }
  });

  it("gives a key the same partition again", () => {
    const partitionOf = createPartitioner(8);
    expect(partitionOf("Bogor|X")).toBe(partitionOf("Bogor|X"));
  });
});
