import { logBehind } from "./errors.js";
import type { FetchedBatch } from "./kafka-port.js";
import { become, claimInDoubt, failForGood } from "./partition-claim.js";
import {
  isInFlight,
  type AcceptRange,
  type InFlightState,
  type InputOf,
  type Owned,
  type PartitionEffect,
  type PartitionState,
  type PartitionStep,
  type StateOf,
} from "./partition-state.js";
import { stepPosition, type PositionStep } from "./position.js";

export function examineBatch(state: StateOf<"idle">, { batch }: InputOf<"batch-fetched">): PartitionStep {
  const { logEndOffset } = batch;
  const next = { ...state, logEndOffset, isQuiet: false };
  if (logEndOffset < state.position.offset) return checkOffsets(next, batch);
  return followPosition(next, batch, stepPosition(state.position, batch));
}

export function probeIfIdle(state: StateOf<"idle">): PartitionStep {
  const isMissed = state.isDoubtful || state.position.offset < state.logEndOffset;
  const next = { ...state, isQuiet: true };
  return state.isQuiet && isMissed ? checkOffsets(next, undefined) : { state: next, effects: [] };
}

function checkOffsets(state: StateOf<"idle">, batch: FetchedBatch | undefined): PartitionStep {
  return {
    state: { ...state, type: "checking", batch, client: "fetching" },
    effects: [{ type: "read-offsets", claim: state.claim }],
  };
}

export function judgeOffsets(state: StateOf<"checking">, { start, end }: InputOf<"offsets-read">): PartitionStep {
  const { batch, position, rules } = state;
  const { offset } = position;
  if (end < offset) return failForGood(state, logBehind(rules.topic, rules.partition, offset, end));
  if (batch !== undefined) return followPosition(state, batch, stepPosition(position, batch, start));
  if (start > offset) return claimInDoubt(state);
  return finish({ ...state, logEndOffset: end, isDoubtful: false }, []);
}

function followPosition(
  state: StateOf<"idle" | "checking">,
  batch: FetchedBatch,
  { position, output }: PositionStep,
): PartitionStep {
  const client = isInFlight(state) ? state.client : "fetching";
  switch (output.kind) {
    case "ask-log-start":
      return checkOffsets({ ...state, type: "idle" }, batch);
    case "lose":
      return claimInDoubt(state);
    case "seek":
      return finish({ ...state, position, client }, [{ type: "resume-fetch", offset: position.offset }]);
    case "take":
      return output.lost > 0 ? claimInDoubt(state) : processBatch(state, batch, position, client);
  }
}

function processBatch(
  state: StateOf<"idle" | "checking">,
  { records, firstOffset, logEndOffset }: FetchedBatch,
  position: Owned["position"],
  client: InFlightState["client"],
): PartitionStep {
  const { partition } = state.rules;
  const from = state.position.offset;
  const range: AcceptRange = { records, position: from, nextOffset: position.offset, lost: 0, logEndOffset };
  const effects: PartitionEffect[] = [{ type: "accept", claim: state.claim, ...range }];
  if (firstOffset > from) {
    effects.unshift({ type: "emit", event: { type: "gap", partition, from, to: firstOffset, kind: "skipped" } });
  }
  return become(state, { ...pickOwned(state), position, type: "processing", client }, effects);
}

export function finishBatch(state: StateOf<"processing">): PartitionStep {
  const throttled = state.throttled && state.client === "paused";
  return finish({ ...state, failures: 0, throttled }, [{ type: "advance-client" }]);
}

/** `effects` are for a client that was not paused meanwhile. */
function finish(
  state: PartitionState & Owned & Pick<InFlightState, "client">,
  effects: readonly PartitionEffect[],
): PartitionStep {
  const idle = { ...pickOwned(state), type: "idle" } as const;
  if (state.client === "fetching") return become(state, idle, effects);
  const resume: PartitionEffect = { type: "resume-fetch", offset: state.position.offset };
  if (state.client === "not-started") return become(state, idle, [resume]);
  const { partition } = state.rules;
  const resumed: PartitionEffect = { type: "emit", event: { type: "resumed", partition } };
  return become(state, { ...idle, isDoubtful: true }, [resume, resumed]);
}

export function pause(state: InFlightState): PartitionStep {
  const { partition } = state.rules;
  const effects: PartitionEffect[] = [{ type: "pause-fetch" }];
  if (state.client !== "paused") effects.push({ type: "emit", event: { type: "paused", partition } });
  return { state: { ...state, client: "paused" }, effects };
}

function pickOwned({ position, logEndOffset, isDoubtful, isQuiet, throttled }: Owned): Owned {
  return { position, logEndOffset, isDoubtful, isQuiet, throttled };
}
