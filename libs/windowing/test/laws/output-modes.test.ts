import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTask } from "../../src/index.js";
import { Consumer, stepThrough, throughJson, write } from "./consumer.js";
import { cutInputs, type GeneratedRun, generatedRuns } from "./generated-runs.js";
import { judgeNaively, readStream } from "./naive-model.js";
import { allRows, identify, type NaiveRow } from "./naive-rows.js";

test("final output: whatever the checkpoints, the rows one after another are the same, and each window comes once", () => {
  fc.assert(
    fc.property(generatedRuns({ outputs: ["final"] }), (run) => {
      const atOnce = rowsGiven({ ...run, pieces: [] });
      expect(rowsGiven(run)).toEqual(atOnce);

      const { panes } = judgeNaively(run.definition, readStream(run.definition, run.inputs));
      for (const [at, rollup] of run.definition.rollups.entries()) {
        const given = (atOnce[at] ?? []).map((row) => identify(row));
        expect(given.toSorted()).toEqual(
          allRows(rollup, panes)
            .map((row) => identify(row))
            .sort(),
        );
      }
    }),
    { numRuns: 250 },
  );
});

/** Per rollup, all rows that come until the stream has ended. */
function rowsGiven(run: GeneratedRun): NaiveRow[][] {
  const consumer = new Consumer(run.definition);
  const rows: NaiveRow[][] = run.definition.rollups.map(() => []);
  const take = () => consumer.checkpoint().changed.forEach((changed, at) => rows[at]?.push(...changed.rows));
  for (const { inputs, after } of cutInputs(run)) {
    consumer.feed(inputs);
    if (after === "checkpoint") take();
    if (after === "restore") consumer.restore();
  }
  consumer.task.advance(Infinity);
  take();
  return rows;
}

test("update output: what a lost attempt wrote is put right by the next one, however either was cut", () => {
  fc.assert(
    fc.property(
      generatedRuns({ kinds: ["tumbling", "hopping"], outputs: ["update"] }),
      fc.nat(),
      fc.nat(),
      (run, drawnCommit, drawnCrash) => {
        const { definition, inputs } = run;
        const commit = drawnCommit % (inputs.length + 1);
        const crash = commit + (drawnCrash % (inputs.length + 1 - commit));
        const consumer = new Consumer(definition);
        consumer.feed(inputs.slice(0, commit));
        consumer.checkpoint();
        const committed = throughJson(consumer.task.snapshot());
        for (const { inputs: part, after } of cutInputs({ ...run, inputs: inputs.slice(commit, crash) })) {
          consumer.feed(part);
          if (after === "checkpoint") consumer.checkpoint();
        }

        consumer.task = createTask(definition, committed);
        consumer.feed(inputs.slice(commit));
        consumer.checkpoint();
        const { panes } = judgeNaively(definition, readStream(definition, inputs));
        for (const rollup of definition.rollups) {
          const table = consumer.tables.get(rollup.name) ?? new Map();
          expect(table).toEqual(new Map(allRows(rollup, panes).map((row) => [identify(row), row])));
        }
      },
    ),
    { numRuns: 250 },
  );
});

test("update output: a checkpoint that is written twice is written once", () => {
  fc.assert(
    fc.property(generatedRuns({ outputs: ["update"] }), (run) => {
      const consumer = new Consumer(run.definition);
      for (const { inputs, after } of cutInputs(run)) {
        consumer.feed(inputs);
        if (after !== "checkpoint") continue;
        const { changed } = consumer.checkpoint();
        for (const part of changed) {
          const table = consumer.tables.get(part.rollup) ?? new Map();
          const once = new Map(table);
          write(table, part);
          expect(table).toEqual(once);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test("a checkpoint right after another gives nothing, whether or not there was a restore between them", () => {
  fc.assert(
    fc.property(generatedRuns(), fc.boolean(), ({ definition, inputs }, restored) => {
      const consumer = new Consumer(definition);
      consumer.feed(inputs);
      const first = consumer.checkpoint();
      if (restored) consumer.restore();
      const nothing = first.changed.map(({ rollup }) => ({ rollup, retracted: [], rows: [] }));
      expect(consumer.checkpoint()).toEqual({ ...first, changed: nothing });
    }),
    { numRuns: 200 },
  );
});

test("an empty step changes nothing", () => {
  fc.assert(
    fc.property(generatedRuns(), ({ definition, inputs }) => {
      const consumer = new Consumer(definition);
      consumer.feed(inputs);
      const before = consumer.task.snapshot();
      const nothing = { late: [], partlyLate: [], quarantined: [], rejected: [], duplicates: [] };
      expect(stepThrough(consumer.task, [])).toMatchObject({ read: 0, verdicts: [], ...nothing });
      expect(consumer.task.snapshot()).toEqual(before);
    }),
    { numRuns: 100 },
  );
});
