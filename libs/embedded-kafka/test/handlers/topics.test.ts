import { expect, test } from "vitest";
import { listOffsets, metadata } from "../../src/protocol/data-apis.js";
import { errorCode } from "../../src/protocol/error-code.js";
import {
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeConfigs,
} from "../../src/protocol/topic-apis.js";
import { buildBatch } from "../batch-builder.js";
import { send } from "../requests.js";
import { createTopic, temporaryBroker, temporaryClient } from "../temporary.js";

const plain = { name: "t", partitions: 1, replicationFactor: 1, assignments: [], configs: [] };

test.each([
  [{ name: "" }, errorCode.invalidTopic],
  [{ name: ".." }, errorCode.invalidTopic],
  [{ name: "a/b" }, errorCode.invalidTopic],
  [{ name: "x".repeat(250) }, errorCode.invalidTopic],
  [{ partitions: 0 }, errorCode.invalidPartitions],
  [{ partitions: 10_001 }, errorCode.policyViolation],
  [{ replicationFactor: 3 }, errorCode.invalidReplicationFactor],
  [{ assignments: [{ partition: 0, brokers: [1] }] }, errorCode.invalidReplicaAssignment],
  [{ configs: [{ name: "cleanup.policy", value: "compact" }] }, errorCode.invalidConfig],
])("a topic with %j is refused with error %i and a message", async (change, error) => {
  const client = await temporaryClient(await temporaryBroker());
  const request = { topics: [{ ...plain, ...change }], timeoutMs: 1000, validateOnly: false };
  const answer = await client.request(createTopics, request);
  expect(answer.topics[0]).toMatchObject({ error, errorMessage: expect.stringMatching(/\w/) });
  expect((await client.request(metadata, { topics: null, allowAutoTopicCreation: false })).topics).toEqual([]);
});

test("a topic is created once, with the broker's counts where it gives none, and not at all where it is only checked", async () => {
  const client = await temporaryClient(await temporaryBroker());
  const wanted = { ...plain, partitions: -1, replicationFactor: -1 };
  const create = async (validateOnly: boolean) => {
    const answer = await client.request(createTopics, { topics: [wanted], timeoutMs: 1000, validateOnly });
    return answer.topics[0]?.error;
  };
  expect([await create(true), await create(false), await create(false)]).toEqual([0, 0, errorCode.topicAlreadyExists]);
  const { topics } = await client.request(metadata, { topics: ["t"], allowAutoTopicCreation: false });
  expect(topics[0]?.partitions).toHaveLength(1);
});

test("metadata never creates a topic", async () => {
  const client = await temporaryClient(await temporaryBroker());
  for (const allowAutoTopicCreation of [false, true]) {
    const { topics } = await client.request(metadata, { topics: ["nope"], allowAutoTopicCreation });
    expect(topics[0]?.error).toBe(errorCode.unknownTopicOrPartition);
  }
  expect((await client.request(metadata, { topics: null, allowAutoTopicCreation: true })).topics).toEqual([]);
});

test("a topic that is deleted and created again has nothing of the old one", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t");
  await send(client, "t", buildBatch({ values: ["old"] }));
  const answer = await client.request(deleteTopics, { names: ["t", "nope"], timeoutMs: 1000 });
  expect(answer.topics.map(({ error }) => error)).toEqual([0, errorCode.unknownTopicOrPartition]);
  expect((await send(client, "t", buildBatch({ values: ["lost"] }))).error).toBe(errorCode.unknownTopicOrPartition);
  await createTopic(client, "t");
  expect((await send(client, "t", buildBatch({ values: ["new"] }))).baseOffset).toBe(0);
});

test("partitions can be added, not taken away", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t", 2);
  await send(client, "t", buildBatch({ values: ["kept"] }), 1);
  const grow = async (count: number, name = "t") => {
    const topics = [{ name, count, assignments: null }];
    return (await client.request(createPartitions, { topics, timeoutMs: 1000, validateOnly: false })).topics[0]?.error;
  };
  expect([await grow(2), await grow(4), await grow(4, "nope")]).toEqual([37, 0, 3]);
  const ends = await Promise.all(
    [1, 3].map(async (index) => (await send(client, "t", buildBatch({ values: ["v"] }), index)).baseOffset),
  );
  expect(ends).toEqual([1, 0]);
});

test("records are deleted up to an offset within the log", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t");
  await send(client, "t", buildBatch({ values: ["a", "b", "c"] }));
  const cut = async (offset: number) => {
    const topics = [{ name: "t", partitions: [{ index: 0, offset }] }];
    return (await client.request(deleteRecords, { topics, timeoutMs: 1000 })).topics[0]?.partitions[0];
  };
  expect(await cut(2)).toEqual({ index: 0, lowWatermark: 2, error: 0 });
  expect(await cut(1)).toEqual({ index: 0, lowWatermark: 2, error: 0 });
  expect((await cut(-2))?.error).toBe(errorCode.offsetOutOfRange);
  expect((await cut(4))?.error).toBe(errorCode.offsetOutOfRange);
  expect(await cut(-1)).toEqual({ index: 0, lowWatermark: 3, error: 0 });
  const topics = [{ name: "t", partitions: [-2, -1].map((timestamp) => ({ index: 0, timestamp })) }];
  const found = await client.request(listOffsets, { replicaId: -1, isolationLevel: 1, topics });
  expect(found.topics[0]?.partitions.map(({ offset }) => offset)).toEqual([3, 3]);
});

test("a topic's settings are told with where they come from", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t", 1, { "retention.ms": "-1" });
  const resources = [
    { type: 2, name: "t", configNames: ["retention.ms", "retention.bytes"] },
    { type: 2, name: "nope", configNames: null },
    { type: 4, name: "1", configNames: null },
  ];
  const answer = await client.request(describeConfigs, { resources, includeSynonyms: false });
  expect(answer.resources.map(({ error }) => error)).toEqual([0, 3, 3]);
  expect(answer.resources[0]?.configs.map(({ name, value, source }) => [name, value, source])).toEqual([
    ["retention.bytes", "-1", 5],
    ["retention.ms", "-1", 1],
  ]);
});
