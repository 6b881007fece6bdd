import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTask, type Snapshot } from "../../src/index.js";
import { type Checkpoint, Consumer, throughJson } from "./consumer.js";
import { cutInputs, type GeneratedRun, generatedRuns } from "./generated-runs.js";
import { judgeNaively, readStream } from "./naive-model.js";
import { snapshotNaively } from "./naive-snapshot.js";

test("what comes out is the same to the last bit and in the same order, restored or not, in one step or in many", () => {
  const outputs = ({ definition, pieces, inputs }: GeneratedRun, isPlain: boolean): Checkpoint[] => {
    const consumer = new Consumer(definition);
    return cutInputs({ definition, pieces, inputs }).flatMap(({ inputs: part, after }) => {
      if (isPlain) for (const input of part) consumer.feed([input]);
      else consumer.feed(part);
      if (after === "restore" && !isPlain) consumer.restore();
      return after === "checkpoint" ? [consumer.checkpoint()] : [];
    });
  };
  fc.assert(
    fc.property(generatedRuns({ isRounded: true }), (run) => {
      expect(outputs(run, false)).toEqual(outputs(run, true));
    }),
    { numRuns: 250 },
  );
});

test("after a checkpoint, the snapshot is the same whatever came before it, but for the order of rows and ids", () => {
  fc.assert(
    fc.property(generatedRuns(), (run) => {
      const [whole, cut] = [new Consumer(run.definition), new Consumer(run.definition)];
      whole.feed(run.inputs);
      for (const { inputs, after } of cutInputs(run)) {
        cut.feed(inputs);
        if (after === "checkpoint") cut.checkpoint();
        if (after === "restore") cut.restore();
      }
      whole.checkpoint();
      expect(unordered(cut.task.snapshot())).toEqual(unordered(whole.task.snapshot()));
      expect(countHeld(cut)).toEqual(countHeld(whole));
    }),
    { numRuns: 200 },
  );
});

test("a restored task's snapshot is the one that it was restored from, whatever waits for a checkpoint", () => {
  fc.assert(
    fc.property(generatedRuns(), ({ definition, inputs }) => {
      const consumer = new Consumer(definition);
      consumer.feed(inputs);
      const snapshot = throughJson(consumer.task.snapshot());
      expect(unordered(createTask(definition, snapshot).snapshot())).toEqual(unordered(snapshot));
    }),
    { numRuns: 200 },
  );
});

test("restored from every row and id that there ever was, it goes on as if those that are closed were not there", () => {
  fc.assert(
    fc.property(generatedRuns(), (run) => {
      const { definition } = run;
      const [consumer, plain] = [new Consumer(definition), new Consumer(definition)];
      let fed = 0;
      for (const { inputs, after } of cutInputs(run)) {
        consumer.feed(inputs);
        plain.feed(inputs);
        fed += inputs.length;
        if (after === "nothing") continue;
        expect(unordered(consumer.checkpoint())).toEqual(unordered(plain.checkpoint()));
        if (after !== "restore") continue;
        consumer.task = createTask(definition, snapshotNaively(definition, run.inputs.slice(0, fed)));
        expect(unordered(consumer.task.snapshot())).toEqual(unordered(plain.task.snapshot()));
        expect(countHeld(consumer)).toEqual(countHeld(plain));
      }
      expect(consumer.judged).toEqual(judgeNaively(definition, readStream(definition, run.inputs)).judged);
    }),
    { numRuns: 200 },
  );
});

test("a snapshot whose watermark has been raised is that of a task which was told the watermark", () => {
  fc.assert(
    fc.property(generatedRuns(), fc.nat(), fc.integer({ min: -10, max: 25 }), (run, drawn, raised) => {
      const { definition, inputs } = run;
      const cut = drawn % (inputs.length + 1);
      const watermarkMs = raised * (definition.time.unit === "s" ? 1000 : 1);
      const [told, edited] = [new Consumer(definition), new Consumer(definition)];
      for (const consumer of [told, edited]) consumer.feed(inputs.slice(0, cut));

      told.task.advance(watermarkMs);
      const snapshot = edited.task.snapshot();
      const raise = (timeMs: Snapshot["watermarkMs"] = null) => Math.max(Number(timeMs ?? -Infinity), watermarkMs);
      edited.task = createTask(definition, {
        ...snapshot,
        watermarkMs: raise(snapshot.watermarkMs),
        givenMs: raise(snapshot.givenMs),
      });
      for (const consumer of [told, edited]) consumer.feed(inputs.slice(cut));
      expect(edited.judged).toEqual(told.judged);
      expect(edited.checkpoint()).toEqual(told.checkpoint());
    }),
    { numRuns: 200 },
  );
});

function countHeld({ task }: Consumer): readonly number[] {
  const { rows, keys, ids } = task.held();
  return [rows, keys, ids];
}

/** Every array in the order of its elements' JSON. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((part) => unordered(part)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unordered(part)]));
}
