import { expect, test } from "vitest";
import { initProducerId, metadata, produce } from "../../src/protocol/data-apis.js";
import { errorCode } from "../../src/protocol/error-code.js";
import { startBroker } from "../../src/index.js";
import { buildBatch } from "../batch-builder.js";
import { encodeRequest } from "../protocol-client.js";
import { fetchFrom, send } from "../requests.js";
import { createTopic, temporaryBroker, temporaryClient, temporaryDirectory } from "../temporary.js";

const batch = () => buildBatch({ values: ["value"] });

test("a batch is stored as it came, but for its offset", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t");
  const sent = buildBatch({ values: ["a", "b"], gzip: true });
  expect(await send(client, "t", sent)).toMatchObject({
    error: 0,
    baseOffset: 0,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  });
  expect((await send(client, "t", sent)).baseOffset).toBe(2);
  const records = (await fetchFrom(client, "t", [2])).partitions[0]?.records;
  expect(records?.readBigInt64BE(0)).toBe(2n);
  expect(records?.subarray(16).equals(sent.subarray(16))).toBe(true);
});

test("a topic or partition that is not there, and acks that are none, are refused", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t");
  expect((await send(client, "u", batch())).error).toBe(errorCode.unknownTopicOrPartition);
  expect((await send(client, "t", batch(), 1)).error).toBe(errorCode.unknownTopicOrPartition);
  expect((await send(client, "t", batch(), -1)).error).toBe(errorCode.unknownTopicOrPartition);
  expect((await send(client, "t", null)).error).toBe(errorCode.corruptMessage);
  expect((await send(client, "t", batch(), 0, 2)).error).toBe(errorCode.invalidRequiredAcks);
  expect((await send(client, "t", batch())).baseOffset).toBe(0);
});

test("with acks=0 a batch is stored and nothing is answered", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t");
  const partitions = [{ index: 0, records: batch() }];
  const request = { transactionalId: null, acks: 0, timeoutMs: 1000, topics: [{ name: "t", partitions }] };
  const frame = encodeRequest(produce, request);
  const size = Buffer.alloc(4);
  size.writeInt32BE(frame.length);
  client.socket.write(Buffer.concat([size, frame]));
  // The next answer is the one to the next request: nothing came before it.
  expect((await client.request(metadata, { topics: null, allowAutoTopicCreation: false })).topics).toHaveLength(1);
  expect((await send(client, "t", batch())).baseOffset).toBe(1);
});

test("a batch that is sent twice by an idempotent producer is stored once", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t");
  const { producerId, producerEpoch } = await client.request(initProducerId, idempotent);
  const build = (baseSequence: number) => buildBatch({ values: ["a", "b"], producerId, producerEpoch, baseSequence });
  const answers = [];
  for (const sequence of [0, 2, 0, 2, 4]) answers.push((await send(client, "t", build(sequence))).baseOffset);
  expect(answers).toEqual([0, 2, 0, 2, 4]);
  expect((await send(client, "t", build(10))).error).toBe(errorCode.outOfOrderSequence);
  expect((await fetchFrom(client, "t", [0])).partitions[0]?.highWatermark).toBe(6);
});

const idempotent = { transactionalId: null, transactionTimeoutMs: 1000 };

test("producer ids are never given twice, not even after a restart", async () => {
  const dataDir = temporaryDirectory();
  const ids: number[] = [];
  for (let run = 0; run < 3; run++) {
    const broker = await startBroker({ dataDir });
    const client = await temporaryClient(broker);
    for (let each = 0; each < 2; each++) ids.push((await client.request(initProducerId, idempotent)).producerId);
    await broker.close();
  }
  expect(new Set(ids).size).toBe(6);
});

test("a transactional producer is refused at its first step", async () => {
  const client = await temporaryClient(await temporaryBroker());
  const answer = await client.request(initProducerId, { ...idempotent, transactionalId: "x" });
  expect(answer.error).toBe(errorCode.invalidRequest);
});
