import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { serveConnection } from "../src/connection.js";
import { heartbeat } from "../src/protocol/group-apis.js";
import { metadata } from "../src/protocol/data-apis.js";
import { route } from "../src/protocol/route.js";
import { buildBatch } from "./batch-builder.js";
import { encodeRequest } from "./protocol-client.js";
import { fetchFrom, send } from "./requests.js";
import { createTopic, temporaryBroker, temporaryClient } from "./temporary.js";

const everything = { topics: null, allowAutoTopicCreation: false };

function altered(change: (frame: Buffer) => Buffer): Buffer {
  return change(encodeRequest(metadata, everything));
}

/** `everything`, with another length of its topics. */
function withLength(frame: Buffer, length: number): Buffer {
  frame.writeInt32BE(length, frame.length - 5);
  return frame;
}

/** Topics without a name, of two bytes each. */
function manyTopics(count: number): Buffer {
  const frame = altered((all) => withLength(all, count));
  return Buffer.concat([frame.subarray(0, -1), Buffer.alloc(2 * count), frame.subarray(-1)]);
}

test.each([
  ["an unknown API", altered((frame) => (frame.writeInt16BE(999, 0), frame)), "API 999"],
  ["a version that is not served", altered((frame) => (frame.writeInt16BE(9, 2), frame)), "version 9 of API 3"],
  ["a negative version", altered((frame) => (frame.writeInt16BE(-1, 2), frame)), "version -1 of API 3"],
  ["a request that ends too early", altered((frame) => frame.subarray(0, -1)), "a field of 1 bytes where 0 are left"],
  ["a request of 20 million topics", manyTopics(20_000_000), "a request has at most 100000"],
  [
    "an array that is longer than its request",
    altered((frame) => withLength(frame, 100_001)),
    "an array of 100001 items",
  ],
  ["an array of a negative length", altered((frame) => withLength(frame, -2)), "an array of -2 items"],
  ["a request with bytes behind it", altered((frame) => Buffer.concat([frame, Buffer.alloc(3)])), "3 bytes too many"],
])("%s ends its connection, says so, and leaves the others alone", async (_, frame, message) => {
  const broker = await temporaryBroker();
  const [bad, good] = [await temporaryClient(broker), await temporaryClient(broker)];
  await expect(bad.send(frame)).rejects.toThrow("closed the connection");
  expect(broker.lines.join("\n")).toContain(message);
  expect((await good.request(metadata, everything)).clusterId).toBe(broker.clusterId);
});

test("a topic that is asked for often is told once", async () => {
  const broker = await temporaryBroker();
  const client = await temporaryClient(broker);
  await createTopic(client, "t", 1_000);
  const topics = Array.from({ length: 90_000 }, () => "t");
  const answer = await client.request(metadata, { topics, allowAutoTopicCreation: false });
  expect(answer.topics).toHaveLength(1);
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

test("a client that does not read is not answered on and on, and gets everything once it reads", async () => {
  let handled = 0;
  const large = { brokers: [], clusterId: null, controllerId: 1, topics: Array.from({ length: 20_000 }, bigTopic) };
  const big = route(metadata, () => {
    handled += 1;
    return large;
  });
  const server = createServer((socket) => void serveConnection(socket, new Map([[big.key, big]]), () => undefined));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const [lazy, other] = [await temporaryClient({ port }), await temporaryClient({ port })];
  lazy.socket.pause();
  const answers = Array.from({ length: 50 }, () => lazy.request(metadata, everything));
  for (let turn = 0; turn < 3; turn++) await other.request(metadata, everything);
  expect(handled).toBeGreaterThan(3);
  expect(handled).toBeLessThan(40);
  lazy.socket.resume();
  for (const { topics } of await Promise.all(answers)) expect(topics).toHaveLength(large.topics.length);
});

function bigTopic() {
  return { error: 0, name: "x".repeat(50), isInternal: false, partitions: [] };
}
