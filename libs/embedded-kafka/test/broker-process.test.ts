import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { errorCode } from "../src/protocol/error-code.js";
import { initProducerId } from "../src/protocol/data-apis.js";
import { joinGroup } from "../src/protocol/group-apis.js";
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
  const offsets: number[] = [];
  let producer = { producerId: -1, producerEpoch: -1 };

  async function produce(client: ProtocolClient, batch: number): Promise<void> {
    const records = buildBatch({ values, ...producer, baseSequence: batch * values.length });
    offsets[batch] = (await send(client, "t", records)).baseOffset;
  }

  for (let life = 0; life < 3; life++) {
    const broker = await temporaryProcess(dataDir);
    const client = await temporaryClient(broker);
    if (life === 0) {
      await createTopic(client, "t", 1, { "segment.bytes": "1000000" });
      producer = await client.request(initProducerId, { transactionalId: null, transactionTimeoutMs: 1000 });
    }
    // As a producer does: what was not acknowledged is sent again, whether it is in the log by now or not.
    const target = offsets.length + 20;
    const pending: Promise<void>[] = [];
    for (let next = offsets.length; offsets.length < target;) {
      while (next < offsets.length + 5) pending.push(produce(client, next++));
      await pending.shift();
    }
    const settled = Promise.allSettled(pending);
    await broker.kill();
    await settled;
  }

  const client = await temporaryClient(await temporaryBroker(dataDir));
  const stored = await sequencesIn(client);
  expect(stored.length).toBeGreaterThanOrEqual(offsets.length);
  expect(stored).toEqual(stored.map((_, batch) => batch * values.length));
  expect(offsets).toEqual(offsets.map((_, batch) => batch * values.length));
});

test("a full disk is told to the producer, and the broker goes on", async () => {
  // A limit on the size of files stands in for the disk: the write fails half-way, just so.
  const limited = await temporaryProcess(temporaryDirectory(), ["sh", "-c", 'ulimit -f 1000; exec "$@"', "sh"]);
  const client = await temporaryClient(limited);
  await createTopic(client, "t");
  const produce = (baseSequence: number, value: string) =>
    send(client, "t", buildBatch({ values: [value], producerId: 1, producerEpoch: 0, baseSequence }));
  let stored = 0;
  let answer = await produce(stored, "v".repeat(60_000));
  for (; answer.error === 0; answer = await produce(stored, "v".repeat(60_000))) stored += 1;
  expect(answer.error).toBe(errorCode.storageError);
  expect(stored).toBeGreaterThan(3);
  // The line comes by a pipe, and perhaps after the answer.
  await vi.waitFor(() => expect(limited.lines.at(-1)).toContain("could not write to t/0"), { timeout: 50_000 });
  expect(await sequencesIn(client)).toHaveLength(stored);
  expect(await produce(stored, "small")).toMatchObject({ error: 0, baseOffset: stored });
  await client.request(deleteTopics, { names: ["t"], timeoutMs: 1000 });
  await createTopic(client, "t");
  expect((await produce(0, "v".repeat(60_000))).baseOffset).toBe(0);
});

test("nothing keeps the process of a closed broker alive: no fetch, no member, no timer", async () => {
  const broker = await temporaryProcess(temporaryDirectory());
  const [reader, member] = [await temporaryClient(broker), await temporaryClient(broker)];
  await createTopic(reader, "t");
  const waiting = fetchFrom(reader, "t", [0], { maxWaitMs: 600_000 });
  await member.request(joinGroup, {
    groupId: "g",
    sessionTimeoutMs: 600_000,
    rebalanceTimeoutMs: 600_000,
    memberId: "",
    groupInstanceId: null,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: Buffer.alloc(0) }],
  });
  const exited = once(broker.process, "exit");
  broker.process.stdin?.end();
  await expect(waiting).rejects.toThrow("closed");
  expect(await exited).toEqual([0, null]);
});
