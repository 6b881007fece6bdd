import { describeKafkaPort } from "@tidemark/testkit/kafka-port-contract";
import { vi } from "vitest";
import { createKafkajsPort } from "../src/kafkajs-port.js";
import { resolveOptions } from "../src/options.js";
import { startKafka } from "./kafka-fixture.js";

describeKafkaPort("on kafkajs", async () => {
  const kafka = await startKafka();
  const { address, topic, group } = kafka;
  await kafka.createTopic(topic, 2);
  const claim = (): Promise<never> => Promise.reject(new Error("nothing is claimed"));
  const counts = [0, 0];
  return {
    port: createKafkajsPort(resolveOptions({ brokers: [address], topic, group, maxWaitMs: 50, claim })),
    async produce(partition, records) {
      const from = counts[partition] ?? 0;
      counts[partition] = from + records;
      await kafka.produce(topic, partition, from, from + records);
    },
    until: (condition) => vi.waitUntil(condition, { timeout: 20_000, interval: 10 }).then(() => undefined),
    close: () => kafka.close(),
  };
});
