import { dueComparison, fetchOffset } from "./partition-comparison.js";
import { examineBatch, finishBatch, judgeOffsets, pause, probeIfIdle } from "./partition-batch.js";
import {
  assignWhileReleasing,
  become,
  beginTask,
  cancelClaim,
  claimAssigned,
  claimAfterFailure,
  claimAgain,
  closeForGood,
  followRelease,
  release,
  releaseTo,
} from "./partition-claim.js";
import type {
  InFlightState,
  InputOf,
  OwnedState,
  PartitionInput,
  PartitionRules,
  PartitionState,
  PartitionStep,
  StateOf,
} from "./partition-state.js";

type StateType = PartitionState["type"];
type InputType = PartitionInput["type"];
type Transition<S extends StateType, I extends InputType> = (state: StateOf<S>, input: InputOf<I>) => PartitionStep;

/** The input may come in this state, and changes nothing. */
const IGNORED = "ignored";
/** The input cannot come in this state unless the effect runner is wrong: `step` throws. */
const IMPOSSIBLE = "impossible";

type Transitions = {
  readonly [S in StateType]: {
    readonly [I in InputType]: Transition<S, I> | typeof IGNORED | typeof IMPOSSIBLE;
  };
};

const owned = {
  revoked: (state: OwnedState) => release({ ...state, failures: 0 }, { type: "unassigned" }, false),
  claimed: IMPOSSIBLE,
  "claim-failed": IMPOSSIBLE,
  failed: (state: OwnedState, { error }: InputOf<"failed">) => claimAfterFailure(state, error),
  closed: IMPOSSIBLE,
  stop: (state: OwnedState, { flush }: InputOf<"stop">) => closeForGood(state, flush),
} as const;

const inFlight = {
  ...owned,
  assigned: (state: InFlightState) => pause({ ...state, isDoubtful: true }),
  "batch-fetched": IGNORED,
  stalled: (state: InFlightState) => pause({ ...state, throttled: true }),
  probe: IGNORED,
} as const;

/** While no task has the partition, batches are stale, and so are the results of former tasks. */
const withoutTask = {
  "batch-fetched": IGNORED,
  "offsets-read": IGNORED,
  accepted: IGNORED,
  failed: IGNORED,
  stalled: IGNORED,
  probe: IGNORED,
} as const;

const transitions: Transitions = {
  unassigned: {
    ...withoutTask,
    assigned: claimAssigned,
    revoked: IGNORED,
    claimed: IMPOSSIBLE,
    "claim-failed": IMPOSSIBLE,
    closed: IMPOSSIBLE,
    stop: (state) => become(state, { type: "stopped" }),
  },
  claiming: {
    ...withoutTask,
    // The client of a new session fetches every assigned partition that is not paused.
    assigned: (state) => ({ state, effects: [{ type: "pause-fetch" }] }),
    revoked: (state) => cancelClaim({ ...state, failures: 0 }, { type: "unassigned" }),
    claimed: beginTask,
    "claim-failed": claimAgain,
    closed: IMPOSSIBLE,
    stop: (state) => cancelClaim(state, { type: "stopped" }),
  },
  idle: {
    ...owned,
    assigned(state) {
      const next = { ...state, isDoubtful: true, comparison: dueComparison(state) };
      return { state: next, effects: [{ type: "resume-fetch", offset: fetchOffset(next) }] };
    },
    "batch-fetched": examineBatch,
    "offsets-read": IMPOSSIBLE,
    accepted: IMPOSSIBLE,
    stalled: IGNORED,
    probe: probeIfIdle,
  },
  checking: {
    ...inFlight,
    "offsets-read": judgeOffsets,
    accepted: IMPOSSIBLE,
  },
  processing: {
    ...inFlight,
    "offsets-read": IMPOSSIBLE,
    accepted: finishBatch,
  },
  releasing: {
    ...withoutTask,
    assigned: assignWhileReleasing,
    revoked: (state) => releaseTo(state, { type: "unassigned" }),
    claimed: (state) => ({ state, effects: [{ type: "close-task", flush: false }] }),
    "claim-failed": followRelease,
    closed: followRelease,
    stop: (state) => releaseTo(state, { type: "stopped" }),
  },
  stopped: {
    ...withoutTask,
    assigned: IGNORED,
    revoked: IGNORED,
    claimed: IMPOSSIBLE,
    "claim-failed": IMPOSSIBLE,
    closed: IMPOSSIBLE,
    stop: IGNORED,
  },
};

export function initialState(rules: PartitionRules): PartitionState {
  return { type: "unassigned", rules, claim: 0, failures: 0 };
}

/** Results of a former claim's task change nothing. Throws RangeError for an impossible input. */
export function step(state: PartitionState, input: PartitionInput): PartitionStep {
  if ("claim" in input && input.claim !== state.claim) return { state, effects: [] };
  const transition = transitions[state.type][input.type];
  if (transition === IGNORED) return { state, effects: [] };
  if (transition === IMPOSSIBLE) {
    throw new RangeError(`A partition that is ${state.type} cannot get the input ${input.type}.`);
  }
  // The table guarantees that the transition takes this state and this input.
  return (transition as (state: PartitionState, input: PartitionInput) => PartitionStep)(state, input);
}
