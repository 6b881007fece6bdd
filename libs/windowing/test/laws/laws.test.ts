import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Ledger, TaskDefinition, Window } from "../../src/index.js";
import { Consumer, type Table } from "./consumer.js";
import { cutInputs, type GeneratedRun, generatedRuns } from "./generated-runs.js";
import {
  type Input,
  judgeNaively,
  maxEventTimeAfter,
  type Outcome,
  readStream,
  watermarkAfter,
} from "./naive-model.js";
import { allRows, changedRows, finalRows, identify, type NaiveRow, writtenRows } from "./naive-rows.js";
import type { Visit } from "./visit.js";

test.each(["tumbling", "hopping", "session"] as const)(
  "%s windows: any cut into steps, checkpoints and restores gives the verdicts, notes, rows and ledger of the naive model",
  (kind) => {
    fc.assert(
      fc.property(generatedRuns({ kinds: [kind] }), (run) => {
        expectNaive(run);
        expect(run.inputs.length).toBeLessThanOrEqual(120);
      }),
      { numRuns: 400 },
    );
  },
);

test.each(["tumbling", "hopping", "session"] as const)(
  "%s windows: so it is where more is held than tables begin with",
  (kind) => {
    fc.assert(
      fc.property(generatedRuns({ kinds: [kind], maxLength: 250, isWide: true }), (run) => {
        expectNaive(run);
        expect(run.inputs.length).toBeLessThanOrEqual(500);
      }),
      // To shrink runs of this length takes minutes.
      { numRuns: 15, endOnFailure: true },
    );
  },
);

function expectNaive(run: GeneratedRun): void {
  const { definition } = run;
  const consumer = new Consumer(definition);
  const seen: Input[] = [];
  let before = lookAt(definition, seen);
  for (const { inputs, after } of cutInputs(run)) {
    consumer.feed(inputs);
    seen.push(...inputs);
    if (after === "restore") consumer.restore();
    if (after !== "checkpoint") continue;
    const now = lookAt(definition, seen);
    const tables = new Map([...consumer.tables].map(([name, table]) => [name, new Map(table)]));
    const isUnordered = definition.rollups[0].window.kind === "session" && definition.output === "update";
    const naive = naiveCheckpoint(definition, before, now, tables);
    expect(summarize(consumer.checkpoint(), isUnordered)).toEqual(summarize(naive, isUnordered));
    expect(consumer.tables).toEqual(naiveTables(definition, now));
    before = now;
  }
  // The last piece was a checkpoint.
  expect(consumer.judged).toEqual(before.judged);
}

/** What a stream has come to. */
interface Sight extends Outcome {
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
}

function lookAt(definition: TaskDefinition<Visit>, inputs: readonly Input[]): Sight {
  return {
    ...judgeNaively(definition, readStream(definition, inputs)),
    watermarkMs: watermarkAfter(definition, inputs),
    maxEventTimeMs: maxEventTimeAfter(definition, inputs),
  };
}

/** A checkpoint, less strictly typed. */
interface Given {
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  readonly ledger: Ledger;
  readonly changed: readonly {
    readonly rollup: string;
    readonly retracted: readonly Omit<NaiveRow, "values">[];
    readonly rows: readonly NaiveRow[];
  }[];
}

function naiveCheckpoint(
  definition: TaskDefinition<Visit>,
  before: Sight,
  now: Sight,
  tables: ReadonlyMap<string, Table>,
): Given {
  const { allowedLatenessMs, output, rollups } = definition;
  const { watermarkMs, maxEventTimeMs, ledger, panes } = now;
  const isClosed = ({ endMs }: Window) =>
    endMs + allowedLatenessMs <= watermarkMs && endMs + allowedLatenessMs > before.watermarkMs;

  const changed = rollups.map((rollup) => {
    if (output === "final") return { rollup: rollup.name, retracted: [], rows: finalRows(rollup, panes, isClosed) };
    const left = new Set(allRows(rollup, panes).map((row) => identify(row)));
    const given = [...(tables.get(rollup.name)?.values() ?? [])];
    const gone = given.filter((row) => !left.has(identify(row)));
    const retracted = gone.map(({ windowStartMs, windowEndMs, keys }) => ({ windowStartMs, windowEndMs, keys }));
    return { rollup: rollup.name, retracted, rows: changedRows(rollup, panes, before.judged.length) };
  });
  return { watermarkMs, maxEventTimeMs, ledger, changed };
}

/** Retractions are in no particular order; nor are sessions, since it is open which of those that merged is the first. */
function summarize(checkpoint: Given, isUnordered: boolean): Given {
  const changed = checkpoint.changed.map(({ rollup, retracted, rows }) => ({
    rollup,
    retracted: retracted.toSorted(byIdentity),
    rows: isUnordered ? rows.toSorted(byIdentity) : rows,
  }));
  return { ...checkpoint, changed };
}

function byIdentity(left: Omit<NaiveRow, "values">, right: Omit<NaiveRow, "values">): number {
  return identify(left) < identify(right) ? -1 : 1;
}

function naiveTables(definition: TaskDefinition<Visit>, { panes, watermarkMs }: Sight): ReadonlyMap<string, Table> {
  return new Map(
    definition.rollups.map((rollup) => [rollup.name, writtenRows(definition, rollup, panes, watermarkMs)]),
  );
}
