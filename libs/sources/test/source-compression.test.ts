import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSource, type Source } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { createOwner, range } from "./partition-owner.js";

let kafka: TestKafka;
let source: Source | undefined;

beforeEach(async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 2);
});
afterEach(async () => {
  await source?.stop();
  await kafka.close();
});

it("names the batch that is larger than the limit when it is unpacked, after those before it", async () => {
  const client = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING });
  const producer = client.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const zeros = { topic: kafka.topic, compression: CompressionTypes.GZIP };
  const small = range(0, 7).map((value) => ({ partition: 1, value: `${value}`, timestamp: "0" }));
  await producer.send({ ...zeros, messages: small });
  await producer.send({ ...zeros, messages: [{ partition: 1, value: Buffer.alloc(4 << 20), timestamp: "0" }] });
  await producer.disconnect();

  const owner = createOwner();
  source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    maxBatchBytes: 1 << 20,
    // One batch at a time, so that those before the large one are taken.
    maxBytesPerPartition: 100,
    claim: owner.claim,
  });
  await source.start();
  await expect(source.done).rejects.toMatchObject({
    code: "batch-too-large",
    retryable: false,
    message:
      `The batch at offset 7 of partition 1 of topic "${kafka.topic}" is larger than 1048576 bytes when it is ` +
      "unpacked (maxBatchBytes)",
  });
  expect(owner.values(1)).toEqual(range(0, 7));
});
