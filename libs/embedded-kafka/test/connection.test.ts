import { once } from "node:events";
import { expect, test } from "vitest";
import { heartbeat } from "../src/protocol/group-apis.js";
import { metadata, fetch } from "../src/protocol/data-apis.js";
import { buildBatch } from "./batch-builder.js";
import { encodeRequest } from "./protocol-client.js";
import { fetchFrom, send } from "./requests.js";
import { createTopic, temporaryBroker, temporaryClient } from "./temporary.js";

const everything = { topics: null, allowAutoTopicCreation: false };

function altered(change: (frame: Buffer) => Buffer): Buffer {
  return change(encodeRequest(metadata, everything));
}

test.each([
  ["an unknown API", altered((frame) => (frame.writeInt16BE(999, 0), frame)), "API 999"],
  ["a version that is not served", altered((frame) => (frame.writeInt16BE(9, 2), frame)), "version 9 of API 3"],
  ["a negative version", altered((frame) => (frame.writeInt16BE(-1, 2), frame)), "version -1 of API 3"],
  ["a request that ends too early", altered((frame) => frame.subarray(0, -1)), "a field of 1 bytes where 0 are left"],
  ["a request with bytes behind it", altered((frame) => Buffer.concat([frame, Buffer.alloc(3)])), "3 bytes too many"],
])("%s ends its connection, says so, and leaves the others alone", async (_, frame, message) => {
  const broker = await temporaryBroker();
  const [bad, good] = [await temporaryClient(broker), await temporaryClient(broker)];
  await expect(bad.send(frame)).rejects.toThrow("closed the connection");
  expect(broker.lines.join("\n")).toContain(message);
  expect((await good.request(metadata, everything)).clusterId).toBe(broker.clusterId);
});

test.each([
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["a negative size", Buffer.from([255, 255, 255, 255])],
  ["a size of 2 GiB", Buffer.from([127, 255, 255, 255])],
])("%s in place of a frame ends the connection", async (_, bytes) => {
  const broker = await temporaryBroker();
  const client = await temporaryClient(broker);
  client.socket.write(bytes);
  await once(client.socket, "close");
  expect(broker.lines.join("\n")).toContain("a frame of");
});

test("a client that leaves in the middle of a frame, or before its answer, disturbs nobody", async () => {
  const broker = await temporaryBroker();
  const [half, waiting, good] = [
    await temporaryClient(broker),
    await temporaryClient(broker),
    await temporaryClient(broker),
  ];
  await createTopic(good, "t");
  half.socket.write(Buffer.from([0, 0, 0, 50, 1, 2, 3]));
  const pending = fetchFrom(waiting, "t", [0], { maxWaitMs: 200 });
  half.close();
  waiting.close();
  await expect(pending).rejects.toThrow("closed");
  expect((await send(good, "t", buildBatch({ values: ["a"] }))).error).toBe(0);
  expect(broker.lines).toEqual([]);
});

test("answers keep the order of their requests, and a fetch that waits holds up its own connection only", async () => {
  const broker = await temporaryBroker();
  const [first, second] = [await temporaryClient(broker), await temporaryClient(broker)];
  await createTopic(first, "t");
  let answered = 0;
  first.socket.on("data", () => (answered += 1));
  const waiting = fetchFrom(first, "t", [0], { maxWaitMs: 30_000 });
  const behind = first.request(metadata, everything);
  await second.request(heartbeat, { groupId: "g", generation: 1, memberId: "m", groupInstanceId: null });
  expect(answered).toBe(0);
  await send(second, "t", buildBatch({ values: ["a"] }));
  // The client takes answers in the order of its requests: in another order neither could be read.
  expect((await waiting).partitions[0]?.highWatermark).toBe(1);
  expect((await behind).clusterId).toBe(broker.clusterId);
});

test("a client that does not read its answers gets them all in the end", async () => {
  const broker = await temporaryBroker();
  const client = await temporaryClient(broker);
  await createTopic(client, "t");
  await send(client, "t", buildBatch({ values: ["x".repeat(900_000)] }));
  client.socket.pause();
  const answers = Array.from({ length: 20 }, () => fetchFrom(client, "t", [0]));
  const other = await temporaryClient(broker);
  expect((await other.request(fetch, emptyFetch)).error).toBe(0);
  client.socket.resume();
  for (const answer of await Promise.all(answers))
    expect(answer.partitions[0]?.records.length).toBeGreaterThan(900_000);
});

const emptyFetch = {
  replicaId: -1,
  maxWaitMs: 0,
  minBytes: 0,
  maxBytes: 1,
  isolationLevel: 0,
  sessionId: 0,
  sessionEpoch: -1,
  topics: [],
  forgotten: [],
  rackId: "",
};
