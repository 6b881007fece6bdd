import { logBehind } from "./errors.js";
import { fingerprintOf } from "./fingerprint.js";
import type { FetchedBatch } from "./kafka-port.js";
import { become, claimInDoubt, failForGood } from "./partition-claim.js";
import { compareLast, dueComparison, fetchOffset, notCompared } from "./partition-comparison.js";
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
  const comparison = mayBeOther(state, batch) ? dueComparison(state) : state.comparison;
  const next = { ...state, comparison, logEndOffset, isQuiet: false, wasQuiet: false };
  if (logEndOffset < state.position.offset) return checkOffsets(next, batch);
  return takeCompared(next, batch);
}

export function probeIfIdle(state: StateOf<"idle">): PartitionStep {
  const isMissed = state.isDoubtful || state.comparison !== "done" || state.position.offset < state.logEndOffset;
  const next = { ...state, isQuiet: true, wasQuiet: state.isQuiet };
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
  if (batch !== undefined) return takeCompared(state, batch, start);
  if (start > offset) return claimInDoubt(state);
  const next = { ...state, logEndOffset: end, isDoubtful: false };
  if (state.comparison === "done") return finish(next, []);
  const comparison = dueComparison(state, start);
  const gone = comparison === "done" ? notCompared(rules.partition, state) : [];
  const due = { ...next, comparison };
  return emitFirst(gone, finish(due, [{ type: "resume-fetch", offset: fetchOffset(due) }]));
}

/**
 * Whether the log may have been replaced since the last batch, though no fetch has failed: there was time for it; the client was
 * sent to the log's start, since the position was beyond its end; or a producer's batch begins below the position, where one
 * had ended.
 */
function mayBeOther(state: Owned, { baseOffset, fetchedFrom }: FetchedBatch): boolean {
  if (state.wasQuiet) return true;
  const { offset } = state.position;
  return fetchedFrom !== null && Math.min(fetchedFrom, baseOffset ?? fetchedFrom) < offset;
}

/** Takes a batch once the newest record that was read has been compared with the log. */
function takeCompared(state: StateOf<"idle" | "checking">, batch: FetchedBatch, logStart?: number): PartitionStep {
  const follow = (from: typeof state) => followPosition(from, batch, stepPosition(from.position, batch, logStart));
  if (state.comparison === "done") return follow(state);
  const compared = compareLast(state, state.rules, batch, logStart);
  switch (compared.kind) {
    case "same":
      return follow({ ...state, comparison: "done" });
    case "removed":
      return emitFirst(notCompared(state.rules.partition, state), follow({ ...state, comparison: "done" }));
    case "other":
      return failForGood(state, compared.error);
    case "ask-log-start":
      return checkOffsets({ ...state, type: "idle" }, batch);
    case "seek": {
      const client = isInFlight(state) ? state.client : "fetching";
      const sought = { ...state, client, comparison: "sought" as const };
      return finish(sought, [{ type: "resume-fetch", offset: fetchOffset(sought) }]);
    }
  }
}

function emitFirst(events: readonly PartitionEffect[], { state, effects }: PartitionStep): PartitionStep {
  return { state, effects: [...events, ...effects] };
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
  const newest = records.at(-1);
  const last = newest === undefined ? state.last : fingerprintOf(newest);
  return become(state, { ...pickOwned(state), position, last, type: "processing", client }, effects);
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
  if (state.client === "not-started") return become(state, idle, [{ type: "resume-fetch", offset: fetchOffset(idle) }]);
  const { partition } = state.rules;
  const resumed: PartitionEffect = { type: "emit", event: { type: "resumed", partition } };
  const due = { ...idle, isDoubtful: true, comparison: dueComparison(state) };
  return become(state, due, [{ type: "resume-fetch", offset: fetchOffset(due) }, resumed]);
}

export function pause(state: InFlightState): PartitionStep {
  const { partition } = state.rules;
  const effects: PartitionEffect[] = [{ type: "pause-fetch" }];
  if (state.client !== "paused") effects.push({ type: "emit", event: { type: "paused", partition } });
  return { state: { ...state, client: "paused" }, effects };
}

function pickOwned({
  position,
  last,
  comparison,
  logEndOffset,
  isDoubtful,
  isQuiet,
  wasQuiet,
  throttled,
}: Owned): Owned {
  return { position, last, comparison, logEndOffset, isDoubtful, isQuiet, wasQuiet, throttled };
}
