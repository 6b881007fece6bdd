import { performance } from "node:perf_hooks";
import { errorCode, type ErrorCode } from "../protocol/error-code.js";
import { checkCommit, emptyGroup, nextDeadline, type Group, type Ticket } from "./group.js";
import { stepGroup, type GroupInput, type MemberInput, type Reply } from "./group-step.js";

type WithoutTicket<T> = T extends unknown ? Omit<T, "ticket"> : never;

export type GroupCoordinator = ReturnType<typeof createGroupCoordinator>;

/** The groups that have members, their timers, and the requests that wait. In memory: after a restart members join anew. */
export function createGroupCoordinator() {
  const groups = new Map<string, Group>();
  const timers = new Map<string, NodeJS.Timeout>();
  const waiting = new Map<Ticket, (reply: Reply) => void>();
  /** Ids that were given to those who have not joined with them yet, and until when they may (ms). */
  const given = new Map<string, number>();
  let lastTicket: Ticket = 0;
  let isClosed = false;

  function apply(groupId: string, input: GroupInput): void {
    const { group, replies } = stepGroup(groups.get(groupId) ?? emptyGroup, input, performance.now());
    if (group.phase === "empty") groups.delete(groupId);
    else groups.set(groupId, group);
    arm(groupId, nextDeadline(group));
    for (const reply of replies) {
      waiting.get(reply.ticket)?.(reply);
      waiting.delete(reply.ticket);
    }
  }

  function arm(groupId: string, deadline: number): void {
    clearTimeout(timers.get(groupId));
    timers.delete(groupId);
    if (isClosed || deadline === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(1, Math.ceil(deadline - performance.now()));
    const tick = (): void => apply(groupId, { kind: "tick" });
    timers.set(groupId, setTimeout(tick, delay));
  }

  return {
    groups: groups as ReadonlyMap<string, Group>,
    /** Whether the id was given by `giveId`, to be joined with just now: once. */
    takeId(memberId: string): boolean {
      const until = given.get(memberId) ?? Number.NEGATIVE_INFINITY;
      given.delete(memberId);
      return performance.now() < until;
    },
    giveId(memberId: string, sessionTimeoutMs: number): void {
      const now = performance.now();
      for (const [id, until] of given) if (until <= now) given.delete(id);
      given.set(memberId, now + sessionTimeoutMs);
    },
    /** Hands a request to a group; resolves when the group replies. */
    request(groupId: string, input: WithoutTicket<MemberInput>): Promise<Reply> {
      lastTicket += 1;
      const ticket = lastTicket;
      return new Promise((resolve) => {
        waiting.set(ticket, resolve);
        apply(groupId, { ...input, ticket });
      });
    },
    /** Whether this member may commit; if so, that is a sign of life. */
    admitCommit(groupId: string, memberId: string, generation: number): ErrorCode {
      const error = checkCommit(groups.get(groupId) ?? emptyGroup, memberId, generation);
      if (error === errorCode.none && generation >= 0) {
        apply(groupId, { kind: "heartbeat", ticket: 0, memberId, generation });
      }
      return error;
    },
    /** Stops the timers. What waits is never answered. */
    close(): void {
      isClosed = true;
      timers.forEach((timer) => clearTimeout(timer));
    },
  };
}
