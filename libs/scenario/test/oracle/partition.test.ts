import { describe, expect, it } from "vitest";
import { partitionOfKey } from "../../src/oracle/index.js";

describe("the partition of a key", () => {
  // murmur2 of Kafka's Java client (Utils.murmur2), as its own UtilsTest lists them.
  it.each([
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["a-little-bit-longer-string", -1_486_304_829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
    ["abc", 479_470_107],
  ])("is where Kafka's Java producer puts it: %s", (key, murmur2) => {
    for (const partitions of [1, 8, 25, 1_000]) {
      expect(partitionOfKey(key, partitions)).toBe((murmur2 & 0x7fffffff) % partitions);
    }
  });

  // What kafkajs 2.2.4 gives for a topic of a million partitions:
  //   Partitioners.DefaultPartitioner()({ topic: "", partitionMetadata: Array(1_000_000).fill({ leader: 0 }), message: { key } })
  it.each([
    ["", 646_681],
    ["a", 102_524],
    ["ab", 155_434],
    ["abc", 470_107],
    ["abcd", 834_100],
    ["Jakarta|X", 272_184],
    ["Bogor|Instagram", 380_037],
    ["Tangerang|TikTok", 326_140],
    ["São Paulo|X", 224_647],
    ["東京|TikTok", 962_478],
    ["🙂|🙂", 285_745],
    ["\ud800|X", 995_594],
  ])("is where kafkajs puts it, of every length modulo 4 and beyond ASCII: %j", (key, partition) => {
    expect(partitionOfKey(key, 1_000_000)).toBe(partition);
  });
});
