import { errorCode, type ErrorCode } from "../protocol/error-code.js";
import { checkMember, chooseProtocol, isJoined, protocolOf } from "./group.js";
import type { Group, Member, Profile, Ticket } from "./group.js";

/** A request of a member. */
interface Request {
  readonly ticket: Ticket;
  readonly memberId: string;
}

export interface Join extends Request {
  readonly kind: "join";
  /** Whether the id was drawn for it lately; one that was not has to be a member's. */
  readonly isNew: boolean;
  /** Whether it had no id. As with Kafka it is told the one that was drawn, and joins with it in a second request. */
  readonly asksForId: boolean;
  readonly protocolType: string;
  readonly profile: Profile;
}

export interface Sync extends Request {
  readonly kind: "sync";
  readonly generation: number;
  readonly assignments: ReadonlyMap<string, Buffer>;
}

export interface Heartbeat extends Request {
  readonly kind: "heartbeat";
  readonly generation: number;
}

export type MemberInput = Join | Sync | Heartbeat | (Request & { readonly kind: "leave" });
export type GroupInput = MemberInput | { readonly kind: "tick" };

export interface Reply {
  readonly ticket: Ticket;
  readonly error: ErrorCode;
  /** Of a join. The leader alone is told the members. */
  readonly memberId: string;
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
  readonly members: readonly { readonly memberId: string; readonly groupInstanceId: null; readonly metadata: Buffer }[];
  /** Of a sync. */
  readonly assignment: Buffer;
}

/** How long the first join of an empty group waits for others (ms), so that those that start together meet at once. */
const initialDelayMs = 50;
const nothing = Buffer.alloc(0);
const noReply = { memberId: "", generation: -1, protocol: "", leader: "", members: [], assignment: nothing };

export function reply(ticket: Ticket, error: ErrorCode, more: Partial<Reply> = {}): Reply {
  return { ...noReply, ticket, error, ...more };
}

/** A group in the middle of a step, and the replies so far. */
type Draft = { -readonly [K in keyof Group]: Group[K] } & {
  readonly members: Map<string, Member>;
  readonly replies: Reply[];
  readonly now: number;
};

/** One transition at time `now` (ms). Requests without a reply in the result wait for a later one. */
export function stepGroup(group: Group, input: GroupInput, now: number) {
  const draft: Draft = { ...group, members: new Map(group.members), replies: [], now };
  expire(draft);
  if (input.kind === "join") join(draft, input);
  if (input.kind === "sync") sync(draft, input);
  if (input.kind === "heartbeat") answer(draft, input.ticket, heartbeat(draft, input));
  if (input.kind === "leave") {
    const isKnown = remove(draft, input.memberId);
    answer(draft, input.ticket, isKnown ? errorCode.none : errorCode.unknownMemberId);
  }
  completeJoin(draft);
  const { replies, now: _, ...next } = draft;
  return { group: next satisfies Group, replies };
}

/** `ticket` is null where nobody waits. */
function answer(draft: Draft, ticket: Ticket | null, error: ErrorCode, more: Partial<Reply> = {}): void {
  if (ticket !== null) draft.replies.push(reply(ticket, error, more));
}

/** Changes a member; what it says of itself or asks for is a sign of life. */
function update(draft: Draft, member: Member, change: Partial<Member>): void {
  draft.members.set(member.id, { ...member, expiresAt: draft.now + member.sessionTimeoutMs, ...change });
}

function join(draft: Draft, { ticket, memberId, isNew, asksForId, protocolType, profile }: Join): void {
  const member = draft.members.get(memberId);
  if (member === undefined && !isNew) return answer(draft, ticket, errorCode.unknownMemberId);
  const others = [...draft.members.values()].filter((other) => other !== member);
  const speaksTheirs = others.length === 0 || draft.protocolType === protocolType;
  if (protocolType === "" || !speaksTheirs || chooseProtocol([...others, profile]) === null) {
    return answer(draft, ticket, errorCode.inconsistentGroupProtocol);
  }
  if (asksForId) return answer(draft, ticket, errorCode.memberIdRequired, { memberId });
  answer(draft, member?.joinTicket ?? null, errorCode.rebalanceInProgress);
  const { assignment, syncTicket } = member ?? { assignment: nothing, syncTicket: null };
  update(draft, { id: memberId, assignment, expiresAt: 0, joinTicket: ticket, syncTicket, ...profile }, {});
  draft.protocolType = protocolType;
  if (draft.phase !== "joining") beginRebalance(draft);
  if (draft.members.size === 1) draft.notBefore = draft.now + initialDelayMs;
}

function sync(draft: Draft, { ticket, memberId, generation, assignments }: Sync): void {
  const member = draft.members.get(memberId);
  const fault = checkMember(draft, memberId, generation);
  if (member === undefined || fault !== errorCode.none) return answer(draft, ticket, fault);
  if (draft.phase === "joining") return answer(draft, ticket, errorCode.rebalanceInProgress);
  answer(draft, member.syncTicket, errorCode.rebalanceInProgress);
  update(draft, member, { syncTicket: ticket });
  if (draft.phase === "syncing") {
    if (draft.leader !== memberId) return;
    for (const each of draft.members.values()) update(draft, each, { assignment: assignments.get(each.id) ?? nothing });
    draft.phase = "stable";
  }
  for (const each of draft.members.values()) {
    if (each.syncTicket === null) continue;
    answer(draft, each.syncTicket, errorCode.none, { assignment: each.assignment });
    update(draft, each, { syncTicket: null });
  }
}

function heartbeat(draft: Draft, { memberId, generation }: Heartbeat): ErrorCode {
  const member = draft.members.get(memberId);
  const fault = checkMember(draft, memberId, generation);
  if (member === undefined || fault !== errorCode.none) return fault;
  update(draft, member, {});
  return draft.phase === "joining" ? errorCode.rebalanceInProgress : errorCode.none;
}

function remove(draft: Draft, id: string): boolean {
  const member = draft.members.get(id);
  if (member === undefined) return false;
  draft.members.delete(id);
  answer(draft, member.joinTicket, errorCode.unknownMemberId);
  answer(draft, member.syncTicket, errorCode.unknownMemberId);
  if (draft.phase !== "joining") beginRebalance(draft);
  return true;
}

/** Drops who was silent or was waited for too long. */
function expire(draft: Draft): void {
  const isOverdue = draft.phase === "joining" && draft.deadline <= draft.now;
  for (const member of Array.from(draft.members.values())) {
    const isSilent = member.syncTicket === null && member.expiresAt <= draft.now;
    if (member.joinTicket === null && (isSilent || isOverdue)) remove(draft, member.id);
  }
}

function beginRebalance(draft: Draft): void {
  const members = Array.from(draft.members.values());
  draft.phase = "joining";
  draft.notBefore = draft.now;
  draft.deadline = draft.now + Math.max(0, ...members.map((member) => member.rebalanceTimeoutMs));
  for (const member of members) {
    if (member.syncTicket === null) continue;
    answer(draft, member.syncTicket, errorCode.rebalanceInProgress);
    update(draft, member, { syncTicket: null });
  }
}

/** Ends the joining phase when nobody is missing; who is when the deadline comes is dropped before. */
function completeJoin(draft: Draft): void {
  if (draft.phase !== "joining" || !isJoined(draft)) return;
  if (draft.members.size > 0 && draft.now < Math.min(draft.notBefore, draft.deadline)) return;
  const members = Array.from(draft.members.values());
  draft.generation += 1;
  draft.phase = members.length === 0 ? "empty" : "syncing";
  draft.protocol = chooseProtocol(members) ?? "";
  if (!draft.members.has(draft.leader)) draft.leader = members[0]?.id ?? "";
  const { generation, protocol, leader } = draft;
  const all = members.map((member) => {
    const metadata = protocolOf(member, protocol)?.metadata ?? nothing;
    return { memberId: member.id, groupInstanceId: null, metadata };
  });
  for (const member of members) {
    const told = { memberId: member.id, generation, protocol, leader, members: leader === member.id ? all : [] };
    answer(draft, member.joinTicket, errorCode.none, told);
    update(draft, member, { joinTicket: null, assignment: nothing });
  }
}
