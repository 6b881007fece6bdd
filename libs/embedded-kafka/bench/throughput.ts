import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetch, produce } from "../src/protocol/data-apis.js";
import { createTopics } from "../src/protocol/topic-apis.js";
import { buildBatch } from "../test/batch-builder.js";
import { connectTo, type ProtocolClient } from "../test/protocol-client.js";
import { spawnBroker } from "../test/spawn-broker.js";

// What the broker carries when the client costs next to nothing: ready batches of 1,000 messages of 200 bytes, eight
// partitions, a broker of its own process. Run it with
//   node --conditions=@tidemark/source --import tsx libs/embedded-kafka/bench/throughput.ts
const partitions = 8;
const perBatch = 1000;
const inFlight = 4;
const messages = Number(process.argv[2] ?? 2_000_000);
const batch = buildBatch({ values: Array.from({ length: perBatch }, () => "x".repeat(200)) });

async function produceAll(client: ProtocolClient): Promise<void> {
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < messages) {
      sent += perBatch * partitions;
      const records = Array.from({ length: partitions }, (_, index) => ({ index, records: batch }));
      const request = {
        transactionalId: null,
        acks: -1,
        timeoutMs: 1000,
        topics: [{ name: "t", partitions: records }],
      };
      await client.request(produce, request);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

async function fetchAll(client: ProtocolClient): Promise<void> {
  const offsets = Array.from({ length: partitions }, () => 0);
  for (let isDone = false; !isDone;) {
    const wanted = offsets.map((fetchOffset, index) => {
      return { index, currentLeaderEpoch: -1, fetchOffset, logStartOffset: -1, maxBytes: 1024 * 1024 };
    });
    const answer = await client.request(fetch, {
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 10 * 1024 * 1024,
      isolationLevel: 1,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ name: "t", partitions: wanted }],
      forgotten: [],
      rackId: "",
    });
    isDone = true;
    for (const { index, records } of answer.topics[0]?.partitions ?? []) {
      offsets[index] = (offsets[index] ?? 0) + Math.floor(records.length / batch.length) * perBatch;
      if (records.length > 0) isDone = false;
    }
  }
  if (offsets.reduce((sum, offset) => sum + offset, 0) < messages) throw new Error("messages are missing");
}

async function measure(what: string, run: () => Promise<void>): Promise<void> {
  const start = performance.now();
  await run();
  const perSecond = (messages / (performance.now() - start)) * 1000;
  console.log(`${what}: ${(perSecond / 1e6).toFixed(2)} M messages/s`);
}

const dataDir = mkdtempSync(join(tmpdir(), "embedded-kafka-bench-"));
const broker = await spawnBroker(dataDir);
const client = await connectTo(broker.port);
try {
  const topic = { name: "t", partitions, replicationFactor: 1, assignments: [], configs: [] };
  await client.request(createTopics, { topics: [topic], timeoutMs: 1000, validateOnly: false });
  await measure("produced", () => produceAll(client));
  for (let round = 0; round < 3; round++) await measure("fetched", () => fetchAll(client));
} finally {
  client.close();
  await broker.kill();
  rmSync(dataDir, { recursive: true, force: true });
}
