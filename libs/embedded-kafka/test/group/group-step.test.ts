import fc from "fast-check";
import { expect, test } from "vitest";
import { checkCommit, emptyGroup, nextDeadline, type Group } from "../../src/group/group.js";
import { stepGroup, type GroupInput, type Reply } from "../../src/group/group-step.js";
import { errorCode } from "../../src/protocol/error-code.js";

/** A group with a clock of its own. */
function scene() {
  let group: Group = emptyGroup;
  let now = 1000;
  let lastTicket = 0;
  const replies = new Map<number, Reply>();
  const apply = (input: GroupInput): void => {
    const step = stepGroup(group, input, now);
    group = step.group;
    for (const reply of step.replies) {
      expect(replies.has(reply.ticket)).toBe(false);
      replies.set(reply.ticket, reply);
    }
  };
  const ticket = (): number => (lastTicket += 1);
  return {
    get group() {
      return group;
    },
    replies,
    tickets: () => lastTicket,
    /** Lets time pass, with a tick wherever the group asks for one. */
    pass(ms: number) {
      const end = now + ms;
      while (nextDeadline(group) <= end) {
        now = Math.max(now, nextDeadline(group));
        apply({ kind: "tick" });
      }
      now = end;
    },
    join(
      memberId: string,
      { isNew = true, asksForId = false, protocols = ["range"], protocolType = "consumer", timeoutMs = 10_000 } = {},
    ) {
      const id = ticket();
      const profile = {
        clientId: "client",
        clientHost: "host",
        sessionTimeoutMs: timeoutMs,
        rebalanceTimeoutMs: 30_000,
        protocols: protocols.map((name) => ({ name, metadata: Buffer.from(`${memberId} by ${name}`) })),
      };
      apply({ kind: "join", ticket: id, memberId, isNew, asksForId, protocolType, profile });
      return id;
    },
    sync(memberId: string, generation: number, assignments: Readonly<Record<string, string>> = {}) {
      const id = ticket();
      const given = new Map(Object.entries(assignments).map(([member, text]) => [member, Buffer.from(text)]));
      apply({ kind: "sync", ticket: id, memberId, generation, assignments: given });
      return id;
    },
    heartbeat(memberId: string, generation: number) {
      const id = ticket();
      apply({ kind: "heartbeat", ticket: id, memberId, generation });
      return replies.get(id)?.error;
    },
    leave(memberId: string) {
      const id = ticket();
      apply({ kind: "leave", ticket: id, memberId });
      return replies.get(id)?.error;
    },
  };
}

/** Two members, a the leader, in generation 1, stable. */
function pair() {
  const it = scene();
  it.join("a");
  it.join("b");
  it.pass(50);
  it.sync("b", 1);
  it.sync("a", 1, { a: "half", b: "other half" });
  return it;
}

test("those who join at the start meet in one generation, and the first leads", () => {
  const it = scene();
  const [a, b] = [it.join("a"), it.join("b")];
  expect(it.replies.size).toBe(0);
  it.pass(50);
  const [first, second] = [it.replies.get(a), it.replies.get(b)];
  expect(first).toMatchObject({ error: 0, generation: 1, leader: "a", memberId: "a", protocol: "range" });
  expect(first?.members.map(({ memberId, metadata }) => [memberId, `${metadata}`])).toEqual([
    ["a", "a by range"],
    ["b", "b by range"],
  ]);
  expect(second).toMatchObject({ error: 0, generation: 1, leader: "a", memberId: "b", members: [] });
});

test("who has no id is told one, and is no member before it joins with it", () => {
  const it = scene();
  expect(it.replies.get(it.join("a", { asksForId: true }))).toMatchObject({
    error: errorCode.memberIdRequired,
    memberId: "a",
  });
  expect(it.group).toEqual(emptyGroup);
  const misfit = it.join("b", { asksForId: true, protocols: [] });
  expect(it.replies.get(misfit)?.error).toBe(errorCode.inconsistentGroupProtocol);
});

test("syncs wait for the leader's assignment", () => {
  const it = scene();
  it.join("a");
  it.join("b");
  it.pass(50);
  const b = it.sync("b", 1);
  expect(it.replies.has(b)).toBe(false);
  const a = it.sync("a", 1, { a: "half", b: "other half" });
  expect([a, b].map((id) => `${it.replies.get(id)?.assignment}`)).toEqual(["half", "other half"]);
  expect(it.group.phase).toBe("stable");
  expect(`${it.replies.get(it.sync("b", 1))?.assignment}`).toBe("other half");
});

test("a newcomer begins a rebalance, which ends when everybody has joined again", () => {
  const it = pair();
  const c = it.join("c");
  expect([it.heartbeat("a", 1), it.heartbeat("b", 1)]).toEqual([27, 27]);
  expect(it.replies.get(it.sync("a", 1))?.error).toBe(errorCode.rebalanceInProgress);
  const a = it.join("a", { isNew: false });
  expect(it.replies.has(c)).toBe(false);
  const b = it.join("b", { isNew: false });
  expect([a, b, c].map((id) => it.replies.get(id)?.generation)).toEqual([2, 2, 2]);
  expect(it.heartbeat("a", 1)).toBe(errorCode.illegalGeneration);
});

test("who does not join again until the deadline is out", () => {
  const it = pair();
  const c = it.join("c");
  for (let second = 0; second < 29; second++) {
    it.pass(1000);
    it.heartbeat("a", 1);
    it.heartbeat("b", 1);
  }
  const a = it.join("a", { isNew: false });
  it.pass(999);
  expect(it.replies.has(c)).toBe(false);
  it.pass(1);
  expect([it.replies.get(c)?.generation, it.replies.get(a)?.generation]).toEqual([2, 2]);
  expect(it.heartbeat("b", 1)).toBe(errorCode.unknownMemberId);
});

test("a member that is silent for its session timeout is out, and one that waits is not silent", () => {
  const it = pair();
  it.pass(9999);
  it.heartbeat("a", 1);
  it.pass(1);
  expect([it.group.phase, [...it.group.members.keys()]]).toEqual(["joining", ["a"]]);
  const a = it.join("a", { isNew: false });
  expect(it.replies.get(a)).toBeUndefined();
  it.pass(50);
  expect(it.replies.get(a)).toMatchObject({ error: 0, generation: 2, leader: "a" });
});

test("a leader that dies before it assigns does not hold up the others for ever", () => {
  const it = scene();
  it.join("a");
  it.join("b");
  it.pass(50);
  const b = it.sync("b", 1);
  it.pass(10_000);
  expect(it.replies.get(b)?.error).toBe(errorCode.rebalanceInProgress);
  const again = it.join("b", { isNew: false });
  it.pass(50);
  expect(it.replies.get(again)).toMatchObject({ generation: 2, leader: "b" });
});

test("leaving begins a rebalance for the others, and the last one leaves an empty group", () => {
  const it = pair();
  expect([it.leave("a"), it.leave("a")]).toEqual([0, errorCode.unknownMemberId]);
  expect(it.heartbeat("b", 1)).toBe(errorCode.rebalanceInProgress);
  expect(it.leave("b")).toBe(0);
  expect([it.group.phase, it.group.members.size]).toEqual(["empty", 0]);
});

test("who is not known is sent away, whatever it asks", () => {
  const it = pair();
  const asked = [it.join("x", { isNew: false }), it.sync("x", 1)].map((id) => it.replies.get(id)?.error);
  expect([...asked, it.heartbeat("x", 1), it.leave("x")]).toEqual([25, 25, 25, 25]);
});

test("a member must speak a protocol that all others speak", () => {
  const it = scene();
  it.join("a", { protocols: ["range", "sticky"] });
  const errors = [
    it.join("b", { protocols: ["other"] }),
    it.join("b", { protocols: [] }),
    it.join("b", { protocolType: "connect" }),
    it.join("b", { protocolType: "" }),
  ].map((id) => it.replies.get(id)?.error);
  expect(errors).toEqual([23, 23, 23, 23]);
  const b = it.join("b", { protocols: ["sticky", "other"] });
  it.pass(50);
  expect(it.replies.get(b)).toMatchObject({ error: 0, protocol: "sticky" });
});

test("a request that is repeated takes the place of the first, which is answered", () => {
  const it = scene();
  const first = it.join("a");
  const second = it.join("a", { isNew: false });
  it.pass(50);
  expect([it.replies.get(first)?.error, it.replies.get(second)?.error]).toEqual([27, 0]);
});

test("commits are taken from members of the generation, and from outside while the group is empty", () => {
  const it = pair();
  expect(checkCommit(emptyGroup, "", -1)).toBe(0);
  expect(checkCommit(it.group, "a", 1)).toBe(0);
  expect(checkCommit(it.group, "a", 2)).toBe(errorCode.illegalGeneration);
  expect(checkCommit(it.group, "", -1)).toBe(errorCode.unknownMemberId);
  it.join("c");
  expect(checkCommit(it.group, "a", 1)).toBe(0);
  it.join("a", { isNew: false });
  it.join("b", { isNew: false });
  expect(checkCommit(it.group, "a", 2)).toBe(errorCode.rebalanceInProgress);
});

test("whatever happens, every request is answered once, generations rise, and silence empties the group", () => {
  const member = fc.constantFrom("a", "b", "c");
  const action = fc.oneof(
    fc.record({ do: fc.constant("join" as const), member, isNew: fc.boolean() }),
    fc.record({ do: fc.constantFrom("sync", "heartbeat", "leave"), member }),
    fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const it = scene();
      let generation = 0;
      for (const each of actions) {
        if (each.do === "pass" && "ms" in each) it.pass(each.ms);
        if (each.do === "join" && "isNew" in each) it.join(each.member, { isNew: each.isNew });
        if (each.do === "sync" && "member" in each) it.sync(each.member, it.group.generation);
        if (each.do === "heartbeat" && "member" in each) it.heartbeat(each.member, it.group.generation);
        if (each.do === "leave" && "member" in each) it.leave(each.member);
        expect(it.group.generation).toBeGreaterThanOrEqual(generation);
        generation = it.group.generation;
        expect(it.group.members.size === 0).toBe(it.group.phase === "empty");
        expect(it.group.phase === "syncing" && !it.group.members.has(it.group.leader)).toBe(false);
      }
      it.pass(200_000);
      expect([it.replies.size, it.group.phase]).toEqual([it.tickets(), "empty"]);
    }),
    { numRuns: 300 },
  );
});
