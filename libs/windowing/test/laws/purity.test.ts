import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTask } from "../../src/index.js";
import { stepThrough, throughJson } from "./consumer.js";
import { cutInputs, generatedRuns } from "./generated-runs.js";
import type { Input } from "./naive-model.js";

type EventInput = Exclude<Input, { readonly advanceMs: number }>;

const eventsOf = (inputs: readonly Input[]): EventInput[] =>
  inputs.flatMap((input) => ("advanceMs" in input ? [] : [input]));

test("nothing that is given to a task is changed by it: definition, events, arrivals and snapshot may be frozen", () => {
  fc.assert(
    fc.property(generatedRuns(), fc.nat(), ({ definition, inputs }, drawn) => {
      const events = deepFreeze(eventsOf(inputs));
      const cut = drawn % (events.length + 1);
      const first = createTask(deepFreeze(definition));
      stepThrough(first, events.slice(0, cut));

      const snapshot = deepFreeze(throughJson(first.snapshot()));
      const restored = createTask(definition, snapshot);
      const arrivals = Float64Array.from(events.slice(cut), ({ arrivalMs }) => arrivalMs);
      restored.step(Object.freeze(events.slice(cut).map(({ event }) => event)), arrivals);
      restored.checkpoint();
      expect([...arrivals]).toEqual(events.slice(cut).map(({ arrivalMs }) => arrivalMs));
    }),
    { numRuns: 300 },
  );
});

test("what a task has given out does not change afterwards", () => {
  fc.assert(
    fc.property(generatedRuns(), (run) => {
      const task = createTask(run.definition);
      const given: { readonly live: unknown; readonly copy: unknown }[] = [];
      const give = (live: unknown) => given.push({ live, copy: structuredClone(live) });
      for (const { inputs, after } of cutInputs(run)) {
        give(stepThrough(task, eventsOf(inputs)));
        give(task.ledger);
        give(task.snapshot());
        if (after === "checkpoint") give(task.checkpoint());
        if (after === "restore") give(task.explain());
      }
      task.advance(Infinity);
      task.checkpoint();
      for (const { live, copy } of given) expect(live).toEqual(copy);
    }),
    { numRuns: 300 },
  );
});

test("what becomes of a snapshot afterwards does not matter to the task that made it, nor to one restored from it", () => {
  fc.assert(
    fc.property(generatedRuns(), fc.nat(), ({ definition, inputs }, drawn) => {
      const events = eventsOf(inputs);
      const cut = drawn % (events.length + 1);
      const [spoiled, untouched] = [createTask(definition), createTask(definition)];
      for (const task of [spoiled, untouched]) stepThrough(task, events.slice(0, cut));
      const snapshot = spoiled.snapshot();
      const restored = createTask(definition, snapshot);
      destroy(snapshot);
      for (const task of [spoiled, restored, untouched]) stepThrough(task, events.slice(cut));
      const expected = untouched.checkpoint();
      expect(spoiled.checkpoint()).toEqual(expected);
      expect(restored.checkpoint()).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}

function destroy(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    destroy(part);
    Reflect.set(value, name, null);
  }
  if (Array.isArray(value)) value.length = 0;
}
