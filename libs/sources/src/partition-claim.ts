import { isFenced, isLoss, isRetryable, lostRecords } from "./errors.js";
import { checkOffset } from "./offset.js";
import { dueComparison, fetchOffset, notCompared } from "./partition-comparison.js";
import {
  isInFlight,
  type AfterRelease,
  type InputOf,
  type Owned,
  type OwnedState,
  type PartitionEffect,
  type PartitionState,
  type PartitionStep,
  type StateOf,
} from "./partition-state.js";

type StateType = PartitionState["type"];

type Bare<T extends StateType> = T extends StateType ? Omit<StateOf<T>, "rules" | "claim" | "failures"> : never;

export function become(
  { rules, claim, failures }: PartitionState,
  next: Bare<StateType>,
  effects: readonly PartitionEffect[] = [],
): PartitionStep {
  return { state: { ...next, rules, claim, failures } as PartitionState, effects };
}

/** The client has paused the partition already. */
function startClaim(state: PartitionState, backoff: number): PartitionStep {
  const claim = state.claim + 1;
  return become({ ...state, claim }, { type: "claiming" }, [{ type: "start-claim", claim, backoff }]);
}

export function claimAssigned(state: StateOf<"unassigned">): PartitionStep {
  const claimed = startClaim(state, 0);
  return { ...claimed, effects: [{ type: "pause-fetch" }, ...claimed.effects] };
}

export function cancelClaim(state: StateOf<"claiming">, next: AfterRelease): PartitionStep {
  return become(state, { type: "releasing", next }, [{ type: "cancel-claim" }]);
}

export function beginTask(state: StateOf<"claiming">, input: InputOf<"claimed">): PartitionStep {
  const { nextOffset, lastRecord: last, start, end } = input;
  const { topic, partition, onLost } = state.rules;
  const position = { offset: nextOffset, sought: false };
  const comparison = dueComparison({ last }, start);
  const task: Owned = {
    position,
    last,
    comparison,
    logEndOffset: end,
    isDoubtful: false,
    isQuiet: false,
    wasQuiet: false,
    throttled: false,
  };
  const claimed: readonly PartitionEffect[] = [
    { type: "emit", event: { type: "claimed", partition, nextOffset } },
    ...(comparison === "done" ? notCompared(partition, task) : []),
  ];
  try {
    checkOffset(nextOffset);
  } catch (error) {
    return failForGood(state, error);
  }
  // A former owner may have read on after the end was read, so that only a fresh read proves anything.
  if (nextOffset > end) {
    return become(state, { ...task, type: "checking", batch: undefined, client: "not-started" }, [
      ...claimed,
      { type: "read-offsets", claim: state.claim },
    ]);
  }
  if (start <= nextOffset) {
    return become(state, { ...task, type: "idle" }, [...claimed, { type: "resume-fetch", offset: fetchOffset(task) }]);
  }
  if (onLost === "stop") {
    const failed = failForGood(state, lostRecords(topic, partition, nextOffset, start));
    return { ...failed, effects: [...claimed, ...failed.effects] };
  }
  return skipLostRange(state, task, start, claimed);
}

/** The records from the position to `start` were gone at the claim already: nobody has read them. */
function skipLostRange(
  state: PartitionState,
  task: Owned,
  start: number,
  claimed: readonly PartitionEffect[],
): PartitionStep {
  const { partition } = state.rules;
  const from = task.position.offset;
  const position = { offset: start, sought: false };
  const range = { records: [], position: from, nextOffset: start, lost: start - from, logEndOffset: task.logEndOffset };
  return become(state, { ...task, position, type: "processing", client: "not-started" }, [
    ...claimed,
    { type: "emit", event: { type: "gap", partition, from, to: start, kind: "lost" } },
    { type: "accept", claim: state.claim, ...range },
  ]);
}

export function claimAgain(state: StateOf<"claiming">, { error }: InputOf<"claim-failed">): PartitionStep {
  const event = explainRetry(state, error);
  if (event === undefined) return become(state, { type: "stopped" }, [{ type: "fail", error }]);
  // The first fence is the price of a rebalance. Several in a row mean that another member does not
  // know yet that it is out of the group.
  const claimed = startClaim({ ...state, failures: state.failures + 1 }, state.failures);
  return { ...claimed, effects: [event, ...claimed.effects] };
}

export function claimAfterFailure(state: OwnedState, error: unknown): PartitionStep {
  const event = explainRetry(state, error);
  if (event === undefined) return failForGood(state, error);
  const next = { type: "claim", backoff: state.failures } as const;
  return release({ ...state, failures: state.failures + 1 }, next, false, [event]);
}

/**
 * The records at the position are gone from the log. That proves no loss, because another consumer
 * may have read them while this one was stopped. Only the owner knows. The records that the task
 * holds may be gone too, so it commits them first if it still can.
 */
export function claimInDoubt(state: OwnedState): PartitionStep {
  return release(state, { type: "claim", backoff: 0 }, true);
}

function explainRetry({ rules: { partition } }: PartitionState, error: unknown): PartitionEffect | undefined {
  if (isFenced(error)) return { type: "emit", event: { type: "fenced", partition } };
  return isRetryable(error) ? { type: "emit", event: { type: "retrying", partition, error } } : undefined;
}

export function release(
  state: OwnedState,
  next: AfterRelease,
  flush: boolean,
  events: readonly PartitionEffect[] = [],
): PartitionStep {
  const { partition } = state.rules;
  const effects: PartitionEffect[] = [];
  // The client of a revoked partition must not be touched: it would remember that for the next assignment.
  if (next.type === "claim") effects.push({ type: "pause-fetch" });
  if (isInFlight(state) && state.client === "paused") {
    effects.push({ type: "emit", event: { type: "resumed", partition } });
  }
  effects.push(...events, { type: "close-task", flush });
  return become(state, { type: "releasing", next }, effects);
}

export function closeForGood(state: PartitionState, flush: boolean): PartitionStep {
  return become(state, { type: "releasing", next: { type: "stopped" } }, [{ type: "close-task", flush }]);
}

export function failForGood(state: PartitionState, error: unknown): PartitionStep {
  const closed = closeForGood(state, isLoss(error));
  return { ...closed, effects: [...closed.effects, { type: "fail", error }] };
}

export function assignWhileReleasing(state: StateOf<"releasing">): PartitionStep {
  if (state.next.type === "stopped") return { state, effects: [] };
  const next = state.next.type === "claim" ? state.next : ({ type: "claim", backoff: 0 } as const);
  return { state: { ...state, next }, effects: [{ type: "pause-fetch" }] };
}

export function releaseTo(state: StateOf<"releasing">, next: AfterRelease): PartitionStep {
  if (state.next.type === "stopped") return { state, effects: [] };
  return { state: { ...state, failures: 0, next }, effects: [] };
}

export function followRelease(state: StateOf<"releasing">): PartitionStep {
  const { next } = state;
  return next.type === "claim" ? startClaim(state, next.backoff) : become(state, next);
}
