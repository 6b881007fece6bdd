import { expect, test } from "vitest";
import { errorCode } from "../../src/protocol/error-code.js";
import { offsetCommit, offsetFetch } from "../../src/protocol/group-apis.js";
import type { ProtocolClient } from "../protocol-client.js";
import { createTopic, temporaryBroker, temporaryClient } from "../temporary.js";

async function commit(client: ProtocolClient, index: number, offset: number, metadata: string | null, generation = -1) {
  const topics = [{ name: "t", partitions: [{ index, offset, metadata }] }];
  const answer = await client.request(offsetCommit, { groupId: "g", generation, memberId: "", topics });
  return answer.topics[0]?.partitions[0]?.error;
}

test("offsets come back as they were committed, asked for by partition or all at once", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t", 2);
  expect(await commit(client, 1, 42, "note")).toBe(0);
  const asked = await client.request(offsetFetch, { groupId: "g", topics: [{ name: "t", partitions: [0, 1] }] });
  expect(asked.topics[0]?.partitions).toEqual([
    { index: 0, offset: -1, metadata: "", error: 0 },
    { index: 1, offset: 42, metadata: "note", error: 0 },
  ]);
  const all = await client.request(offsetFetch, { groupId: "g", topics: null });
  expect(all.topics).toEqual([{ name: "t", partitions: [{ index: 1, offset: 42, metadata: "note", error: 0 }] }]);
});

test("a commit for no partition, with too much metadata, or of no member is refused", async () => {
  const client = await temporaryClient(await temporaryBroker());
  await createTopic(client, "t");
  expect(await commit(client, 1, 1, null)).toBe(errorCode.unknownTopicOrPartition);
  expect(await commit(client, 0, 1, "x".repeat(4097))).toBe(errorCode.offsetMetadataTooLarge);
  expect(await commit(client, 0, 1, null, 3)).toBe(errorCode.unknownMemberId);
  const { topics } = await client.request(offsetFetch, { groupId: "g", topics: null });
  expect(topics).toEqual([]);
});
