import { Partitioners } from "kafkajs";

/**
 * The partition of a key as Kafka's Java producer chooses it (murmur2). Each key is hashed once: kafkajs takes long over it,
 * and a scenario has few keys.
 */
export function createPartitioner(partitions: number): (key: string) => number {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  const known = new Map<string, number>();
  return (key) => {
    let partition = known.get(key);
    if (partition === undefined) {
      partition = choose({ topic: "", partitionMetadata, message: { key, value: null } });
      known.set(key, partition);
    }
    return partition;
  };
}
