import { errorCode, type ErrorCode } from "../protocol/error-code.js";

/**
 * A consumer group. Its phases:
 * - empty: no members; offsets may be committed from outside.
 * - joining: a rebalance has begun; joins wait until every member has joined, or the deadline drops who has not.
 * - syncing: a generation stands; syncs wait for the leader's assignment.
 * - stable: every member has its assignment.
 * Whoever joins or leaves, or is silent for its session timeout, begins a rebalance.
 */
export interface Group {
  readonly phase: "empty" | "joining" | "syncing" | "stable";
  readonly generation: number;
  readonly protocolType: string;
  readonly protocol: string;
  readonly leader: string;
  readonly members: ReadonlyMap<string, Member>;
  /** While joining (ms): until when members are waited for, and until when others may come at least. */
  readonly deadline: number;
  readonly notBefore: number;
}

/** What a member says of itself. */
export interface Profile {
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

export interface Member extends Profile {
  readonly id: string;
  readonly assignment: Buffer;
  /** When its silence ends it (ms). A member that waits for an answer is not silent. */
  readonly expiresAt: number;
  readonly joinTicket: Ticket | null;
  readonly syncTicket: Ticket | null;
}

/** Names a request that waits for its reply. */
export type Ticket = number;

export const emptyGroup: Group = {
  phase: "empty",
  generation: 0,
  protocolType: "",
  protocol: "",
  leader: "",
  members: new Map(),
  deadline: 0,
  notBefore: 0,
};

export function checkMember(group: Group, memberId: string, generation: number): ErrorCode {
  if (!group.members.has(memberId)) return errorCode.unknownMemberId;
  return generation === group.generation ? errorCode.none : errorCode.illegalGeneration;
}

/** Whether a commit may come from this member of this generation; a negative one is from outside any group. */
export function checkCommit(group: Group, memberId: string, generation: number): ErrorCode {
  if (generation < 0 && group.phase === "empty") return errorCode.none;
  const fault = checkMember(group, memberId, generation);
  return fault === errorCode.none && group.phase === "syncing" ? errorCode.rebalanceInProgress : fault;
}

/** The protocol that every member speaks and most put first, or null. */
export function chooseProtocol(members: readonly Profile[]): string | null {
  const votes = new Map<string, number>();
  for (const { protocols } of members) {
    const first = protocols.find(({ name }) => members.every((member) => protocolOf(member, name) !== undefined));
    if (first !== undefined) votes.set(first.name, (votes.get(first.name) ?? 0) + 1);
  }
  return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

export function protocolOf({ protocols }: Profile, name: string) {
  return protocols.find((protocol) => protocol.name === name);
}

export function isJoined(group: Group): boolean {
  return [...group.members.values()].every((member) => member.joinTicket !== null);
}

/** When the group changes by itself next (ms), or Infinity. */
export function nextDeadline(group: Group): number {
  const silent = [...group.members.values()].filter(
    (member) => member.joinTicket === null && member.syncTicket === null,
  );
  const times = silent.map((member) => member.expiresAt);
  if (group.phase === "joining") times.push(isJoined(group) ? group.notBefore : group.deadline);
  return Math.min(Number.POSITIVE_INFINITY, ...times);
}
