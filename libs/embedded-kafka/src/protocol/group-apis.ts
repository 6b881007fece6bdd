import { api } from "./api.js";
import * as is from "./codec.js";

export const findCoordinator = api(
  [10, 2],
  { key: is.string, keyType: is.int8 },
  { error: is.int16, errorMessage: is.nullableString, nodeId: is.int32, host: is.string, port: is.int32 },
);

const joinedMember = { memberId: is.string, groupInstanceId: is.nullableString, metadata: is.bytes };
export const joinGroup = api(
  [11, 5],
  {
    groupId: is.string,
    ...is.each(is.int32, "sessionTimeoutMs", "rebalanceTimeoutMs"),
    memberId: is.string,
    groupInstanceId: is.nullableString,
    protocolType: is.string,
    protocols: is.list({ name: is.string, metadata: is.bytes }),
  },
  {
    error: is.int16,
    generation: is.int32,
    ...is.each(is.string, "protocol", "leader", "memberId"),
    members: is.list(joinedMember),
  },
);

const member = { memberId: is.string, groupInstanceId: is.nullableString };
const memberOfGeneration = { groupId: is.string, generation: is.int32, ...member };
export const syncGroup = api(
  [14, 3],
  { ...memberOfGeneration, assignments: is.list({ memberId: is.string, assignment: is.bytes }) },
  { error: is.int16, assignment: is.bytes },
);

export const heartbeat = api([12, 3], memberOfGeneration, { error: is.int16 });

export const leaveGroup = api(
  [13, 3],
  { groupId: is.string, members: is.list(member) },
  { error: is.int16, members: is.list({ ...member, error: is.int16 }) },
);

const committed = { index: is.int32, offset: is.int64, metadata: is.nullableString };
export const offsetCommit = api(
  [8, 5],
  { groupId: is.string, generation: is.int32, memberId: is.string, topics: is.byPartition(committed) },
  { topics: is.byPartition({ index: is.int32, error: is.int16 }) },
);

export const offsetFetch = api(
  [9, 4],
  {
    groupId: is.string,
    topics: is.nullableArray(is.struct({ name: is.string, partitions: is.array(is.int32) })),
  },
  { topics: is.byPartition({ ...committed, error: is.int16 }), error: is.int16 },
);

const describedMember = {
  ...is.each(is.string, "memberId", "clientId", "clientHost"),
  ...is.each(is.bytes, "metadata", "assignment"),
};
const describedGroup = {
  error: is.int16,
  ...is.each(is.string, "groupId", "state", "protocolType", "protocol"),
  members: is.list(describedMember),
};
export const describeGroups = api([15, 2], { groups: is.array(is.string) }, { groups: is.list(describedGroup) });

export const listGroups = api(
  [16, 2],
  {},
  { error: is.int16, groups: is.list(is.each(is.string, "groupId", "protocolType")) },
);
