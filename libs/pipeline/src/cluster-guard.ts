import { readClusterId } from "@tidemark/sources";
import type { KafkaPlace } from "./prepare.js";

/** Rules out that another cluster answers at the same address, whenever there is reason to ask. */
export interface ClusterGuard {
  /** The connection broke, or the group was joined: the next check asks. */
  suspect(): void;
  /** Resolves at once where there is no suspicion. Rejects as `refuse` does, or retryably where Kafka can't be asked. */
  check(): Promise<void>;
}

/** `refuse` is called with another cluster's id, and rejects where that is wrong. */
export function createClusterGuard(
  { brokers, ...options }: KafkaPlace,
  clusterId: string,
  refuse: (found: string) => Promise<void>,
): ClusterGuard {
  let suspicions = 0;
  let cleared = 0;

  return {
    suspect() {
      suspicions += 1;
    },
    async check() {
      const asked = suspicions;
      if (asked === cleared) return;
      const found = await readClusterId(brokers, options);
      if (found !== clusterId) await refuse(found);
      // A suspicion that came meanwhile stands.
      cleared = Math.max(cleared, asked);
    },
  };
}
