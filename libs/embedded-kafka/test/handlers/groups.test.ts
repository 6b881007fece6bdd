import { expect, test } from "vitest";
import { errorCode } from "../../src/protocol/error-code.js";
import {
  describeGroups,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  syncGroup,
} from "../../src/protocol/group-apis.js";
import type { ProtocolClient } from "../protocol-client.js";
import { temporaryBroker, temporaryClient } from "../temporary.js";

const profile = {
  groupId: "g",
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 30_000,
  memberId: "",
  groupInstanceId: null,
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: Buffer.from("topics") }],
};

/** Joins and syncs as the only member. */
async function joinAlone(client: ProtocolClient, change: Partial<typeof profile> = {}) {
  const { memberId: given } = await client.request(joinGroup, { ...profile, ...change });
  const joined = await client.request(joinGroup, { ...profile, ...change, memberId: given });
  const { generation, memberId } = joined;
  const assignments = [{ memberId, assignment: Buffer.from("all") }];
  const synced = await client.request(syncGroup, {
    groupId: "g",
    generation,
    memberId,
    groupInstanceId: null,
    assignments,
  });
  return { ...joined, assignment: `${synced.assignment}` };
}

test("a member gets an id, a generation and what the leader assigned", async () => {
  const client = await temporaryClient(await temporaryBroker());
  const joined = await joinAlone(client);
  expect(joined).toMatchObject({ error: 0, generation: 1, protocol: "range", assignment: "all" });
  expect(joined.leader).toBe(joined.memberId);
  const { groups } = await client.request(describeGroups, { groups: ["g", "nobody"] });
  expect(groups.map(({ state, members }) => [state, members.length])).toEqual([
    ["Stable", 1],
    ["Dead", 0],
  ]);
});

test("a new member is given an id to join with, which is good once", async () => {
  const client = await temporaryClient(await temporaryBroker());
  const ask = (change: object = {}) => client.request(joinGroup, { ...profile, ...change });
  const first = await ask();
  expect(first).toMatchObject({ error: errorCode.memberIdRequired, memberId: expect.stringMatching(/./) });
  const { groups } = await client.request(describeGroups, { groups: ["g"] });
  expect(groups[0]?.members).toEqual([]);
  expect(await ask({ memberId: first.memberId })).toMatchObject({ error: 0, memberId: first.memberId });
  const members = [{ memberId: first.memberId, groupInstanceId: null }];
  await client.request(leaveGroup, { groupId: "g", members });
  expect((await ask({ memberId: first.memberId })).error).toBe(errorCode.unknownMemberId);
});

test("a member that goes silent loses its place to those who wait", async () => {
  const broker = await temporaryBroker();
  const [silent, other] = [await temporaryClient(broker), await temporaryClient(broker)];
  // Long enough for the other to come while the silent one still has its place: an empty group would begin anew.
  const lost = await joinAlone(silent, { sessionTimeoutMs: 3_000 });
  const joined = await joinAlone(other);
  expect(joined).toMatchObject({ error: 0, generation: 2, assignment: "all" });
  const beat = { groupId: "g", generation: 1, memberId: lost.memberId, groupInstanceId: null };
  expect((await silent.request(heartbeat, beat)).error).toBe(errorCode.unknownMemberId);
});

test("a member that leaves is answered for itself", async () => {
  const client = await temporaryClient(await temporaryBroker());
  const { memberId } = await joinAlone(client);
  const leave = (id: string) => {
    return client.request(leaveGroup, { groupId: "g", members: [{ memberId: id, groupInstanceId: null }] });
  };
  expect((await leave(memberId)).members[0]?.error).toBe(0);
  expect((await leave(memberId)).members[0]?.error).toBe(errorCode.unknownMemberId);
});

test.each([
  [{ groupId: "" }, errorCode.invalidGroupId],
  [{ sessionTimeoutMs: 99 }, errorCode.invalidSessionTimeout],
  [{ sessionTimeoutMs: 1_800_001 }, errorCode.invalidSessionTimeout],
  [{ groupInstanceId: "static" }, errorCode.invalidRequest],
  [{ memberId: "unknown" }, errorCode.unknownMemberId],
  [{ protocols: [] }, errorCode.inconsistentGroupProtocol],
])("a join with %j is refused with error %i", async (change, error) => {
  const client = await temporaryClient(await temporaryBroker());
  expect((await client.request(joinGroup, { ...profile, ...change })).error).toBe(error);
});

test("groups have a coordinator here, transactions have none", async () => {
  const broker = await temporaryBroker();
  const client = await temporaryClient(broker);
  const group = await client.request(findCoordinator, { key: "g", keyType: 0 });
  expect(group).toMatchObject({ error: 0, nodeId: 1, host: "127.0.0.1", port: broker.port });
  const transaction = await client.request(findCoordinator, { key: "t", keyType: 1 });
  expect(transaction).toMatchObject({ error: errorCode.invalidRequest, port: -1 });
});
