import { randomUUID } from "node:crypto";
import type { GroupCoordinator } from "../group/coordinator.js";
import { emptyGroup, protocolOf, type Group } from "../group/group.js";
import { reply } from "../group/group-step.js";
import type { OffsetStore } from "../group/offset-store.js";
import { errorCode } from "../protocol/error-code.js";
import { describeGroups, heartbeat, joinGroup, leaveGroup, listGroups, syncGroup } from "../protocol/group-apis.js";
import { route, type Route } from "../protocol/route.js";

/** Milliseconds. Kafka's own minimum is 6,000, with which tests of failing members would take long. */
const minSessionTimeoutMs = 100;
const maxSessionTimeoutMs = 1_800_000;
/** As Kafka names the phases. */
const stateNames: Readonly<Record<Group["phase"], string>> = {
  empty: "Empty",
  joining: "PreparingRebalance",
  syncing: "CompletingRebalance",
  stable: "Stable",
};

export function groupRoutes(coordinator: GroupCoordinator, offsets: OffsetStore): readonly Route[] {
  async function leave(groupId: string, memberId: string) {
    const { error } = await coordinator.request(groupId, { kind: "leave", memberId });
    return { memberId, groupInstanceId: null, error };
  }

  function describeGroup(groupId: string) {
    const isKnown = coordinator.groups.has(groupId) || offsets.get(groupId).length > 0;
    const { phase, protocol, protocolType, members } = coordinator.groups.get(groupId) ?? emptyGroup;
    const described = [...members.values()].map((member) => {
      const metadata = protocolOf(member, protocol)?.metadata ?? Buffer.alloc(0);
      return { ...member, memberId: member.id, metadata };
    });
    const state = isKnown ? stateNames[phase] : "Dead";
    return { error: errorCode.none, groupId, state, protocolType, protocol, members: described };
  }

  return [
    route(joinGroup, async (request, { id: clientId, host: clientHost }) => {
      const { groupId, groupInstanceId, protocolType, sessionTimeoutMs, rebalanceTimeoutMs } = request;
      if (groupId === "") return reply(0, errorCode.invalidGroupId);
      // Static membership: to take such a member for another kind would be worse than to refuse it.
      if (groupInstanceId !== null) return reply(0, errorCode.invalidRequest);
      if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
        return reply(0, errorCode.invalidSessionTimeout);
      }
      const asksForId = request.memberId === "";
      const memberId = asksForId ? `${clientId}-${randomUUID()}` : request.memberId;
      const isNew = asksForId || coordinator.takeId(memberId);
      // Copied: they outlive the frame that they came in.
      const protocols = request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
      const profile = { clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols };
      const join = { kind: "join", memberId, isNew, asksForId, protocolType, profile } as const;
      const answer = await coordinator.request(groupId, join);
      if (answer.error === errorCode.memberIdRequired) coordinator.giveId(memberId, sessionTimeoutMs);
      return answer;
    }),
    route(syncGroup, ({ groupId, memberId, generation, assignments }) => {
      const copied = new Map(assignments.map((each) => [each.memberId, Buffer.from(each.assignment)]));
      return coordinator.request(groupId, { kind: "sync", memberId, generation, assignments: copied });
    }),
    route(heartbeat, ({ groupId, memberId, generation }) =>
      coordinator.request(groupId, { kind: "heartbeat", memberId, generation }),
    ),
    route(leaveGroup, async ({ groupId, members }) => {
      const left = await Promise.all(members.map(({ memberId }) => leave(groupId, memberId)));
      return { error: errorCode.none, members: left };
    }),
    route(describeGroups, ({ groups }) => ({ groups: [...new Set(groups)].map(describeGroup) })),
    route(listGroups, () => {
      const ids = [...new Set([...coordinator.groups.keys(), ...offsets.groups()])];
      // Only consumers commit offsets.
      const typeOf = (groupId: string) => coordinator.groups.get(groupId)?.protocolType ?? "consumer";
      return { error: errorCode.none, groups: ids.map((groupId) => ({ groupId, protocolType: typeOf(groupId) })) };
    }),
  ];
}
