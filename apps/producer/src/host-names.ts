import { lookup } from "node:dns/promises";

/** What is wrong with the brokers' names, in a sentence, if not one of them can be resolved; null otherwise. */
export async function findNameProblem(brokers: readonly string[]): Promise<string | null> {
  const hosts = brokers.map((broker) => broker.slice(0, broker.lastIndexOf(":")).replace(/^\[|\]$/g, ""));
  const known = await Promise.all(hosts.map((host) => lookup(host).then(Boolean, () => false)));
  if (known.includes(true)) return null;
  return `Kafka's address ${brokers.join(",")} has no host that can be found; check KAFKA_BROKERS.`;
}
