import { assignWindows, custom } from "../../src/index.js";
import { inOrder, matches } from "./answers.js";
import type { Fields, VectorTime } from "./case.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";
import { type Row, rowIdOf, TwinTask } from "./twin-task.js";
import { assignerOf, type WindowConfig } from "./window-config.js";

interface Config {
  readonly window: WindowConfig;
  readonly allowedLateness: number;
  readonly fire: "accumulating" | "discarding";
  /** Whether the last pane is given out where nothing is new in it. */
  readonly closing?: "FIRE_ALWAYS" | "FIRE_IF_NON_EMPTY";
  /** As "2 elements": after so many new ones, before the window's end. */
  readonly earlyFirings?: string | number;
  /** "never", or else for each lot of events. */
  readonly lateFirings?: string;
}

interface Step {
  readonly op: string;
  readonly items?: readonly (readonly [value: unknown, t: number])[];
  readonly t?: VectorTime;
  readonly expect?: Fields;
}

interface Element {
  readonly t: number;
  readonly value: unknown;
}

interface Pane {
  readonly start: VectorTime;
  readonly end: VectorTime;
  readonly timing: "early" | "on-time" | "late";
  readonly isLast: boolean;
  readonly values: readonly unknown[];
}

/** What Beam's trigger knows of a window. */
interface Fired {
  readonly count: number;
  readonly isOnTime: boolean;
}

const nothingFired: Fired = { count: 0, isOnTime: false };

const values = custom<Element>()({
  create: (): unknown[] => [],
  add: (list, { value }) => [...list, value],
  merge: (left, right) => [...left, ...right],
  result: (list) => list,
});

/** What is in which window, and for how long, is ours; Beam's trigger says which panes of it are given out. */
class Panes {
  readonly given: Pane[] = [];
  readonly #run: CaseRun<Config, Step>;
  readonly #task: TwinTask<Element>;
  readonly #fired = new Map<string, Fired>();

  constructor(run: CaseRun<Config, Step>) {
    this.#run = run;
    this.#task = new TwinTask<Element>({
      time: { field: "t", unit: run.vector.timeUnit },
      watermarkDelayMs: "given",
      allowedLatenessMs: run.ms(run.config.allowedLateness),
      rollups: [
        { name: "windows", window: assignerOf(run.vector, run.config.window), keys: [], aggregates: { values } },
      ],
    });
  }

  take(elements: readonly Element[]): void {
    const { earlyFirings, lateFirings } = this.#run.config;
    const earlyCount = earlyFirings === undefined ? Infinity : Number.parseInt(String(earlyFirings), 10);
    this.#task.step(elements);
    for (const row of this.#task.checkpoint().changed) {
      const { count, isOnTime } = this.#firedOf(row);
      if (isOnTime && lateFirings !== "never") this.#fire(row, "late");
      if (!isOnTime && valuesOf(row).length - count >= earlyCount) this.#fire(row, "early");
    }
  }

  advance(watermarkMs: number): void {
    const onTime = [...this.#task.open.values()].filter(
      (row) => row.windowEndMs <= watermarkMs && !this.#firedOf(row).isOnTime,
    );
    const last = new Map([...this.#task.open].map(([id, row]) => [id, row]));
    this.#task.advance(watermarkMs);
    const closed = new Set(this.#task.checkpoint().closed.map(rowIdOf));
    for (const row of onTime) this.#fire(row, "on-time", closed.has(rowIdOf(row)));
    for (const id of closed) {
      const row = last.get(id) as Row;
      const isNew = valuesOf(row).length > this.#firedOf(row).count;
      const isDue = this.#run.config.closing === "FIRE_ALWAYS" || isNew;
      if (isDue && !onTime.includes(row)) this.#fire(row, "late", true);
      this.#fired.delete(id);
    }
  }

  restart(): void {
    this.#task.restart();
  }

  #firedOf(row: Row): Fired {
    return this.#fired.get(rowIdOf(row)) ?? nothingFired;
  }

  #fire(row: Row, timing: Pane["timing"], isLast = false): void {
    const { count, isOnTime } = this.#firedOf(row);
    const all = valuesOf(row);
    const given = this.#run.config.fire === "accumulating" ? all : all.slice(count);
    const { windowStartMs, windowEndMs } = row;
    const [start, end] = [this.#run.unit(windowStartMs), this.#run.unit(windowEndMs)];
    this.given.push({ start, end, timing, isLast, values: given });
    this.#fired.set(rowIdOf(row), { count: all.length, isOnTime: isOnTime || timing === "on-time" });
  }
}

function valuesOf(row: Row): readonly unknown[] {
  return row.values["values"] as readonly unknown[];
}

export const panes: Adapter = adapter<Config, Step>((run) => {
  const all = new Panes(run);
  const seen: unknown[] = [];
  for (const [at, { op, items = [], t, expect }] of run.steps) {
    if (op === "events") {
      all.take(items.map(([value, time]) => ({ value, t: time })));
      seen.push(...items.map(([value]) => value));
    } else if (op === "watermark" && t !== undefined) all.advance(run.ms(t));
    else if (op === "restart") all.restart();
    else if (op !== "end") throw unknownOperation(op);
    const expected = (expect?.["windows"] ?? []) as readonly Bounds[];
    const windows = windowsOf(
      all.given,
      expected.filter((bounds) => isWindow(run, bounds)),
    );
    run.expect(at, expect, { ...answersTo(expect ?? {}, all.given, seen), windows });
  }
});

function answersTo(expected: Fields, given: readonly Pane[], seen: readonly unknown[]): Fields {
  const panesOf = (name: string, isOf: (pane: Pane) => boolean) => {
    const window = (expected[name] as { window?: unknown } | undefined)?.window;
    const found = given.filter((pane) => matches(window, inOrder([pane.start, pane.end])) && isOf(pane));
    return { window: inOrder((window as unknown[]) ?? []), values: found.flatMap((pane) => pane.values) };
  };
  const emitted = new Set(given.flatMap((pane) => pane.values));
  return {
    earlyPanes: panesOf("earlyPanes", ({ timing }) => timing === "early"),
    onTimePane: panesOf("onTimePane", ({ timing }) => timing === "on-time"),
    latePanes: panesOf("latePanes", ({ timing }) => timing === "late"),
    finalPane: panesOf("finalPane", ({ isLast }) => isLast),
    nonLatePanes: panesOf("nonLatePanes", ({ timing }) => timing !== "late"),
    allPanes: panesOf("allPanes", () => true),
    neverSeen: seen.filter((value) => !emitted.has(value)),
    anyPaneCountBetween: within(expected["anyPaneCountBetween"], given, (pane) => pane.values.length),
    anyPaneSumBetween: within(expected["anyPaneSumBetween"], given, (pane) =>
      pane.values.reduce((sum: number, value) => sum + Number(value), 0),
    ),
  };
}

type Bounds = Pick<Pane, "start" | "end">;

function isWindow(run: CaseRun<Config, Step>, { start, end }: Bounds): boolean {
  const windows = assignWindows(assignerOf(run.vector, run.config.window), run.ms(start));
  return windows.some(({ startMs, endMs }) => startMs === run.ms(start) && endMs === run.ms(end));
}

/** All that was given out of each window; of those that are expected also where that is nothing. */
function windowsOf(given: readonly Pane[], expected: readonly Bounds[]): Fields[] {
  const windows = new Map<string, { start: VectorTime; end: VectorTime; values: unknown[] }>();
  for (const { start, end } of [...expected, ...given])
    windows.set(JSON.stringify([start, end]), { start, end, values: [] });
  for (const { start, end, values: added } of given) windows.get(JSON.stringify([start, end]))?.values.push(...added);
  return [...windows.values()];
}

/** The bounds as they are, where every pane lies within them. */
function within(bounds: unknown, given: readonly Pane[], figure: (pane: Pane) => number): unknown {
  const figures = given.map(figure);
  const [least, most] = (bounds ?? []) as number[];
  const isWithin = figures.every((each) => each >= (least ?? Infinity) && each <= (most ?? -Infinity));
  return isWithin && figures.length > 0 ? bounds : figures;
}
