import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  createTask,
  type Snapshot,
  type StepResult,
  type Task,
  type TaskDefinition,
  type TaskRecord,
  type Verdict,
} from "../src/index.js";
import { type After, type GeneratedRun, generatedRuns } from "./generated-runs.js";
import { judgeNaively } from "./naive-model.js";
import type { Visit } from "./visit.js";

type Tables = Map<string, Map<string, readonly number[]>>;

/** A task and what a consumer would keep of it: tables merged from checkpoints, and the events it counted. */
class Run {
  readonly verdicts: Verdict[] = [];
  readonly notes: unknown[] = [];
  readonly tables: Tables;
  readonly #definition: TaskDefinition<Visit>;
  readonly #counted: Visit[] = [];
  #task: Task<Visit>;

  constructor(definition: TaskDefinition<Visit>) {
    this.#definition = definition;
    this.tables = new Map(definition.rollups.map(({ name }) => [name, new Map()]));
    this.#task = createTask(definition);
  }

  get ledger() {
    return this.#task.checkpoint().ledger;
  }

  step(records: readonly TaskRecord<Visit>[]): void {
    const offset = this.verdicts.length;
    const result = this.#task.step(records);
    this.verdicts.push(...result.verdicts);
    this.notes.push(...notesOf(result, offset));
    for (const [at, { event }] of records.entries()) {
      if (result.verdicts[at] === "counted" && event !== null) this.#counted.push(event);
    }
  }

  follow(after: After): void {
    if (after === "checkpoint") this.checkpoint();
    if (after === "restore") this.#restore(this.#task.snapshot());
    if (after === "restore from the tables") this.#restoreFromTables();
  }

  checkpoint(): ReturnType<Task<Visit>["checkpoint"]> {
    const checkpoint = this.#task.checkpoint();
    for (const { rollup, rows } of checkpoint.changed) {
      for (const { windowStartMs, keys, values } of rows) {
        this.tables.get(rollup)?.set(JSON.stringify([windowStartMs, ...keys]), values);
      }
    }
    return checkpoint;
  }

  /** As after a crash: every row ever written and every id ever counted, closed and expired ones too. */
  #restoreFromTables(): void {
    const { watermarkMs, maxEventTimeMs, ledger } = this.checkpoint();
    const { unit } = this.#definition.time;
    this.#restore({
      version: 1,
      watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : null,
      maxEventTimeMs: Number.isFinite(maxEventTimeMs) ? maxEventTimeMs : null,
      ledger,
      windows: [...this.tables].map(([rollup, rows]) => ({
        rollup,
        rows: [...rows].map(([identity, values]) => {
          const [windowStartMs, ...keys] = JSON.parse(identity) as [number, ...string[]];
          return { windowStartMs, keys, values };
        }),
      })),
      ids: this.#counted.map(({ id, at }) => ({ id, timeMs: unit === "s" ? at * 1000 : at })),
    });
  }

  #restore(snapshot: Snapshot): void {
    this.#task = createTask(this.#definition, JSON.parse(JSON.stringify(snapshot)) as Snapshot);
  }
}

function notesOf({ late, quarantined, rejected }: StepResult, offset: number): unknown[] {
  const notes: { readonly index: number }[] = [...late, ...quarantined, ...rejected];
  return notes
    .sort((left, right) => left.index - right.index)
    .map(({ index, ...note }) => Object.assign(note, { index: index + offset }));
}

function naiveNotes({ definition, records }: GeneratedRun): unknown[] {
  const scale = definition.time.unit === "s" ? 1000 : 1;
  const baseMs = definition.rollups[0].sizeMs;
  return judgeNaively(definition, records).judged.flatMap(({ event, verdict, watermarkMs }, index): unknown[] => {
    const timeMs = event === null ? Number.NaN : event.at * scale;
    const arrivalMs = records[index]?.arrivalMs ?? Number.NaN;
    if (verdict === "rejected") return [{ index, watermarkMs, field: null }];
    if (verdict === "quarantined") {
      return [{ index, watermarkMs, aheadMs: timeMs - arrivalMs - definition.maxFutureSkewMs }];
    }
    if (verdict !== "late") return [];
    const endMs = timeMs - (((timeMs % baseMs) + baseMs) % baseMs) + baseMs;
    return [{ index, watermarkMs, missedByMs: watermarkMs - endMs - definition.allowedLatenessMs }];
  });
}

test("any cut into batches, checkpoints and restores gives the verdicts, notes, tables and ledger of the naive model", () => {
  fc.assert(
    fc.property(generatedRuns, (generated) => {
      const { definition, records, pieces } = generated;
      const run = new Run(definition);
      let from = 0;
      for (const { length, after } of [...pieces, { length: records.length, after: "checkpoint" as const }]) {
        run.step(records.slice(from, from + length));
        run.follow(after);
        from += length;
      }

      const naive = judgeNaively(definition, records);
      expect(run.verdicts).toEqual(naive.judged.map(({ verdict }) => verdict));
      expect(run.notes).toEqual(naiveNotes(generated));
      expect(run.tables).toEqual(naive.tables);
      expect(run.ledger).toEqual(naive.ledger);
    }),
    { numRuns: 2000 },
  );
});

test("the generated runs hold every verdict often, and ids that are counted twice", () => {
  const seen = new Map<string, number>();
  const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const { definition, records } of fc.sample(generatedRuns, { numRuns: 200, seed: 1 })) {
    const ids = new Set<string>();
    for (const { event, verdict } of judgeNaively(definition, records).judged) {
      see(verdict);
      if (verdict !== "counted" || event === null) continue;
      if (ids.has(event.id)) see("counted again");
      ids.add(event.id);
    }
  }
  const wanted = ["counted", "duplicate", "late", "quarantined", "rejected", "counted again"];
  expect(wanted.filter((what) => (seen.get(what) ?? 0) < 200)).toEqual([]);
});

test("the snapshot is the same whatever batches and checkpoints came before it, but for the order of rows", () => {
  fc.assert(
    fc.property(generatedRuns, ({ definition, records, pieces }) => {
      const whole = createTask(definition);
      whole.step(records);
      const cut = createTask(definition);
      let from = 0;
      for (const { length, after } of pieces) {
        cut.step(records.slice(from, from + length));
        if (after !== "nothing") cut.checkpoint();
        from += length;
      }
      cut.step(records.slice(from));
      whole.checkpoint();
      cut.checkpoint();
      expect(sorted(cut.snapshot())).toEqual(sorted(whole.snapshot()));
      expect(cut.size()).toEqual(whole.size());
    }),
    { numRuns: 500 },
  );
});

function sorted(snapshot: Snapshot): unknown {
  return {
    ...snapshot,
    ids: byText(snapshot.ids),
    windows: snapshot.windows.map(({ rollup, rows, changed }) => ({ rollup, rows: byText(rows), changed })),
  };
}

function byText(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

test("after a checkpoint, what is held is exactly what is open", () => {
  fc.assert(
    fc.property(generatedRuns, ({ definition, records }) => {
      const task = createTask(definition);
      task.step(records);
      task.checkpoint();
      const { windows, ids } = task.snapshot();
      expect(task.size()).toEqual({
        windows: windows.reduce((sum, { rows }) => sum + rows.length, 0),
        ids: ids.length,
      });
    }),
    { numRuns: 300 },
  );
});
