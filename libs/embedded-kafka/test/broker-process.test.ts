import { expect, onTestFinished, test } from "vitest";
import { errorCode } from "../src/protocol/error-code.js";
import { initProducerId } from "../src/protocol/data-apis.js";
import { deleteTopics } from "../src/protocol/topic-apis.js";
import { readBatchHeader } from "../src/log/record-batch.js";
import { buildBatch } from "./batch-builder.js";
import type { ProtocolClient } from "./protocol-client.js";
import { fetchFrom, send } from "./requests.js";
import { spawnBroker } from "./spawn-broker.js";
import { createTopic, temporaryBroker, temporaryClient, temporaryDirectory } from "./temporary.js";

async function temporaryProcess(dataDir: string, wrapper: readonly string[] = []) {
  const broker = await spawnBroker(dataDir, wrapper);
  onTestFinished(() => broker.kill());
  return broker;
}

/** The base sequences of the batches in a partition, in order. */
async function sequencesIn(client: ProtocolClient): Promise<readonly number[]> {
  const sequences: number[] = [];
  for (let offset = 0; ;) {
    const records = (await fetchFrom(client, "t", [offset])).partitions[0]?.records ?? Buffer.alloc(0);
    if (records.length === 0) return sequences;
    for (let at = 0; at < records.length;) {
      const header = readBatchHeader(records, at);
      if (header === null) throw new Error("no whole batch");
      sequences.push(header.baseSequence);
      offset = header.lastOffset + 1;
      at += header.size;
    }
  }
}

test("a broker that is killed while it is written to loses nothing that it acknowledged", async () => {
  const dataDir = temporaryDirectory();
  const values = Array.from({ length: 20 }, () => "v".repeat(5000));
  let next = 0;
  let acknowledged = 0;
  let producer = { producerId: -1, producerEpoch: -1 };
  const batchAt = (batch: number) => buildBatch({ values, ...producer, baseSequence: batch * values.length });

  for (let life = 0; life < 3; life++) {
    const broker = await temporaryProcess(dataDir);
    const client = await temporaryClient(broker);
    if (life === 0) {
      await createTopic(client, "t", 1, { "segment.bytes": "1000000" });
      producer = await client.request(initProducerId, { transactionalId: null, transactionTimeoutMs: 1000 });
    }
    // As a producer does: what was not acknowledged is sent again, whether it is in the log or not.
    next = acknowledged;
    const answers: Promise<void>[] = [];
    while (next - acknowledged < 5) {
      const batch = next++;
      const answer = send(client, "t", batchAt(batch)).then(({ error, baseOffset }) => {
        expect([error, baseOffset]).toEqual([0, batch * values.length]);
        acknowledged = batch + 1;
      });
      answers.push(answer.catch((error: unknown) => expect(`${error}`).toContain("closed the connection")));
      if (next % 5 === 0) await Promise.race(answers.slice(-5));
      if (acknowledged > 10 * (life + 1)) break;
    }
    await broker.kill();
    await Promise.all(answers);
  }

  const client = await temporaryClient(await temporaryBroker(dataDir));
  const stored = await sequencesIn(client);
  expect(acknowledged).toBeGreaterThan(30);
  expect(stored.length).toBeGreaterThanOrEqual(acknowledged);
  expect(stored).toEqual(stored.map((_, batch) => batch * values.length));
});

test("a full disk is told to the producer, and the broker goes on", async () => {
  // A limit on the size of files stands in for the disk: the write fails half-way, just so.
  const limited = await temporaryProcess(temporaryDirectory(), ["sh", "-c", 'ulimit -f 1000; exec "$@"', "sh"]);
  const client = await temporaryClient(limited);
  await createTopic(client, "t");
  const batch = buildBatch({ values: ["v".repeat(60_000)], producerId: 1, producerEpoch: 0, baseSequence: 0 });
  let stored = 0;
  for (let error = 0; error === 0;) {
    batch.writeInt32BE(stored, 53);
    ({ error } = await send(
      client,
      "t",
      buildBatch({ values: ["v".repeat(60_000)], producerId: 1, producerEpoch: 0, baseSequence: stored }),
    ));
    if (error === 0) stored += 1;
    else expect(error).toBe(errorCode.storageError);
  }
  expect(stored).toBeGreaterThan(3);
  expect(limited.lines.at(-1)).toContain("could not write to t/0");
  expect(await sequencesIn(client)).toHaveLength(stored);
  const small = buildBatch({ values: ["small"], producerId: 1, producerEpoch: 0, baseSequence: stored });
  expect(await send(client, "t", small)).toMatchObject({ error: 0, baseOffset: stored });
  await client.request(deleteTopics, { names: ["t"], timeoutMs: 1000 });
  await createTopic(client, "t");
  expect((await send(client, "t", buildBatch({ values: ["anew"] }))).baseOffset).toBe(0);
});
