import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logBehind } from "../src/errors.js";
import { isInFlight, type PartitionEffect, type PartitionInput, type PartitionState } from "../src/partition-state.js";
import { initialState, step } from "../src/partition-step.js";

const rules = { topic: "orders", partition: 3, onLost: "stop" } as const;
const fenced = Object.assign(new Error("another owner"), { code: "fenced" });
const retryable = Object.assign(new Error("the database restarts"), { retryable: true });

function batchAt(firstOffset: number, lastOffset: number, fetchedFrom: number | null = firstOffset) {
  return { partition: 3, records: [], firstOffset, lastOffset, fetchedFrom, logEndOffset: 1_000 };
}

/** Runs the inputs one after another; returns the last state and the effects of the last input. */
function run(inputs: readonly PartitionInput[], from: PartitionState = initialState(rules)) {
  let last: { state: PartitionState; effects: readonly PartitionEffect[] } = { state: from, effects: [] };
  for (const input of inputs) last = step(last.state, input);
  return last;
}

const owned: readonly PartitionInput[] = [
  { type: "assigned" },
  { type: "claimed", nextOffset: 10, start: 0, end: 1_000 },
];
const typesOf = (effects: readonly PartitionEffect[]) => effects.map(({ type }) => type);

describe("step", () => {
  it("claims an assigned partition, and fetches it from where its task goes on", () => {
    expect(run(owned.slice(0, 1)).effects).toEqual([
      { type: "pause-fetch" },
      { type: "start-claim", claim: 1, backoff: 0 },
    ]);
    expect(run(owned).effects).toEqual([
      { type: "emit", event: { type: "claimed", partition: 3, nextOffset: 10 } },
      { type: "resume-fetch", offset: 10 },
    ]);
  });

  it.each([
    ["fenced", fenced],
    ["retrying", retryable],
  ])("claims again at once, as soon as the task has closed, when its error is %s", (event, error) => {
    const failed = run([...owned, { type: "failed", claim: 1, error }]);
    expect(failed.effects).toMatchObject([
      { type: "pause-fetch" },
      { type: "emit", event: { type: event } },
      { type: "close-task", flush: false },
    ]);
    expect(run([{ type: "closed" }], failed.state).effects).toEqual([{ type: "start-claim", claim: 2, backoff: 0 }]);
  });

  it("waits longer before each claim after the second failure in a row, until a batch was accepted", () => {
    const fail: PartitionInput = { type: "claim-failed", error: retryable };
    const failures = [fail, fail, fail].map((_, count) =>
      run([{ type: "assigned" }, ...Array.from({ length: count + 1 }, () => fail)]).effects.at(-1),
    );
    expect(failures).toMatchObject([{ backoff: 0 }, { backoff: 1 }, { backoff: 2 }]);
    const accepted = run([
      { type: "assigned" },
      fail,
      fail,
      { type: "claimed", nextOffset: 10, start: 0, end: 1_000 },
      { type: "batch-fetched", batch: batchAt(10, 19) },
      { type: "accepted", claim: 3 },
    ]);
    expect(accepted.state.failures).toBe(0);
  });

  it("does not repeat what no retry can help", () => {
    const error = new Error("the definition has changed");
    const failed = run([...owned, { type: "failed", claim: 1, error }, { type: "closed" }]);
    expect(failed.state.type).toBe("stopped");
  });

  it("closes a task whose claim ended after the partition was revoked, and claims only then", () => {
    const late = run([{ type: "assigned" }, { type: "revoked" }, { type: "assigned" }, owned[1] as PartitionInput]);
    expect(late.effects).toEqual([{ type: "close-task", flush: false }]);
    expect(typesOf(run([{ type: "closed" }], late.state).effects)).toEqual(["start-claim"]);
  });

  it("reads the log's end afresh before it refuses a task that goes on beyond it", () => {
    const beyond: readonly PartitionInput[] = [
      { type: "assigned" },
      { type: "claimed", nextOffset: 10, start: 0, end: 9 },
    ];
    expect(typesOf(run(beyond).effects)).toEqual(["emit", "read-offsets"]);
    const reached = run([...beyond, { type: "offsets-read", claim: 1, start: 0, end: 10 }]);
    expect(reached.effects).toEqual([{ type: "resume-fetch", offset: 10 }]);
    const behind = run([...beyond, { type: "offsets-read", claim: 1, start: 0, end: 9 }]);
    expect(behind.effects).toEqual([
      { type: "close-task", flush: false },
      { type: "fail", error: logBehind("orders", 3, 10, 9) },
    ]);
  });

  it("goes on behind lost records when the rules say so, and counts them", () => {
    const state = initialState({ ...rules, onLost: "continue" });
    const lost = run([{ type: "assigned" }, { type: "claimed", nextOffset: 10, start: 14, end: 20 }], state);
    expect(lost.effects).toMatchObject([
      { event: { type: "claimed" } },
      { event: { type: "gap", from: 10, to: 14, kind: "lost" } },
      { type: "accept", position: 10, nextOffset: 14, lost: 4 },
    ]);
    expect(run([{ type: "accepted", claim: 1 }], lost.state).effects).toEqual([{ type: "resume-fetch", offset: 14 }]);
  });

  it("refuses an input that only a wrong effect runner could give", () => {
    expect(() => run([{ type: "closed" }])).toThrow("A partition that is unassigned cannot get the input closed.");
    expect(() => run([...owned, { type: "accepted", claim: 1 }])).toThrow(RangeError);
  });

  it("changes nothing by results of a former claim", () => {
    const { state } = run([...owned, { type: "failed", claim: 1, error: fenced }, { type: "closed" }]);
    expect(run([{ type: "failed", claim: 1, error: new Error("late") }], state)).toEqual({ state, effects: [] });
  });
});

/** Answers the effects as the runner would, in any order, between any inputs from outside. */
type Act =
  | { readonly act: "answer"; readonly which: number; readonly outcome: number; readonly offset: number }
  | { readonly act: "input"; readonly input: PartitionInput };

const input = fc.oneof(
  { weight: 2, arbitrary: fc.constant<PartitionInput>({ type: "assigned" }) },
  { weight: 1, arbitrary: fc.constant<PartitionInput>({ type: "revoked" }) },
  { weight: 2, arbitrary: fc.constant<PartitionInput>({ type: "stalled" }) },
  { weight: 2, arbitrary: fc.constant<PartitionInput>({ type: "probe" }) },
  { weight: 1, arbitrary: fc.constant<PartitionInput>({ type: "failed", claim: 1, error: fenced }) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(40), fc.nat(9), fc.option(fc.nat(40))).map(([first, length, from]): PartitionInput => ({
      type: "batch-fetched",
      batch: batchAt(first, first + length, from),
    })),
  },
);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant("input" as const), input }),
  fc.record({ act: fc.constant("answer" as const), which: fc.nat(5), outcome: fc.nat(9), offset: fc.nat(40) }),
);

/** The result of an effect that has one; `outcome` 0 to 2 are failures. */
function answer(effect: PartitionEffect, { outcome, offset }: { outcome: number; offset: number }): PartitionInput {
  const error = [fenced, retryable, fenced][outcome];
  switch (effect.type) {
    case "start-claim":
      if (error !== undefined) return { type: "claim-failed", error };
      return { type: "claimed", nextOffset: offset, start: outcome === 3 ? offset + 2 : 0, end: 1_000 };
    case "close-task":
      return { type: "closed" };
    case "read-offsets":
      if (error !== undefined) return { type: "failed", claim: effect.claim, error };
      return { type: "offsets-read", claim: effect.claim, start: offset, end: 1_000 };
    case "accept":
      if (error !== undefined) return { type: "failed", claim: effect.claim, error };
      return { type: "accepted", claim: effect.claim };
    default:
      throw new Error(`${effect.type} has no result`);
  }
}

function ensure(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`The partition ${otherwise}.`);
}

describe("a partition under any sequence of inputs", () => {
  it("has one accept and one claim at a time, closes before it claims, and never falls back", () => {
    fc.assert(
      fc.property(fc.constantFrom("stop", "continue"), fc.array(act, { maxLength: 80 }), (onLost, acts) => {
        let state = initialState({ ...rules, onLost });
        let pending: PartitionEffect[] = [];
        let open = false;
        let fetching = false;
        /** The next offset that the open task must be given. */
        let position = 0;

        function advance(next: PartitionInput): void {
          if (next.type === "claimed") {
            open = true;
            position = next.nextOffset;
          }
          if (next.type === "closed") open = false;
          if (next.type === "revoked") fetching = false;
          const stepped = step(state, next);
          state = stepped.state;
          for (const effect of stepped.effects) watch(effect);
          // When the source stops it pauses its partitions itself.
          if (next.type === "stop" || stepped.effects.some(({ type }) => type === "fail")) fetching = false;
          ensure(!fetching || state.type === "idle" || isInFlight(state), "fetches without a task");
        }

        function watch(effect: PartitionEffect): void {
          if (effect.type === "start-claim") {
            ensure(!open, "claims before the former task has closed");
            ensure(!pending.some(({ type }) => type === "start-claim"), "claims twice at a time");
          }
          if (effect.type === "accept" || effect.type === "read-offsets") {
            const others = pending.filter((each) => "claim" in each && each.claim === effect.claim);
            ensure(others.length === 0, "does two things at a time");
            ensure(open && isInFlight(state), "works without a task");
          }
          if (effect.type === "accept") {
            ensure(effect.position === position, "leaves out or repeats offsets");
            ensure(effect.nextOffset > position, "falls back");
            position = effect.nextOffset;
          }
          if (effect.type === "close-task") {
            ensure(open && !pending.some(({ type }) => type === "close-task"), "closes no task, or one twice");
          }
          if (effect.type === "resume-fetch") {
            ensure(effect.offset === position, "fetches from elsewhere");
            fetching = true;
          }
          if (effect.type === "pause-fetch") fetching = false;
          if (["start-claim", "close-task", "read-offsets", "accept"].includes(effect.type)) pending.push(effect);
        }

        for (const each of acts) {
          if (each.act === "input") {
            advance(each.input);
            continue;
          }
          const found = pending[each.which % Math.max(1, pending.length)];
          if (found === undefined) continue;
          pending = pending.filter((effect) => effect !== found);
          advance(answer(found, each));
        }
        advance({ type: "stop", flush: true });
        while (pending.length > 0) {
          const found = pending.shift() as PartitionEffect;
          advance(answer(found, { outcome: 9, offset: 0 }));
        }
        expect(state.type).toBe("stopped");
        expect(open).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });
});
