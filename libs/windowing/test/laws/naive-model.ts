import { isDeepStrictEqual } from "node:util";
import type { Ledger, Rollup, TaskDefinition, Verdict, Window } from "../../src/index.js";
import type { Visit } from "./visit.js";

// One judged stream, answered another way: each event looks through all that was ever counted, nothing is forgotten, and
// a row's values are made from its events at the end. Quadratic, and no code of the lib.

/** What happens to a stream: an event (null: bytes that are none) with its arrival (-1: none), or a watermark from outside. */
export type Input = { readonly event: Visit | null; readonly arrivalMs: number } | { readonly advanceMs: number };

/** An event, its arrival, and the watermark that stood before it. */
export interface Reading {
  readonly event: Visit | null;
  readonly arrivalMs: number;
  readonly watermarkMs: number;
}

export interface Judged {
  readonly verdict: Verdict;
  /** What there is to say of it: an event that was counted in all of its windows, and a duplicate, have none. */
  readonly note: Readonly<Record<string, unknown>> | null;
}

/** The events of one row, each with its position in the stream. */
export interface Pane extends Window {
  readonly rollup: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly events: readonly { readonly index: number; readonly event: Visit }[];
}

export interface Outcome {
  readonly judged: readonly Judged[];
  readonly ledger: Ledger;
  /** Every row that there ever was, closed ones too; of sessions, those that no other has taken in. */
  readonly panes: readonly Pane[];
}

export function judgeNaively(definition: TaskDefinition<Visit>, readings: readonly Reading[]): Outcome {
  const { allowedLatenessMs, rollups, id } = definition;
  const judged: Judged[] = [];
  let panes: readonly Pane[] = [];
  for (const [index, { event, arrivalMs, watermarkMs }] of readings.entries()) {
    const isOpen = ({ endMs }: Window): boolean => endMs + allowedLatenessMs > watermarkMs;
    const judge = (): Judged => {
      const field = event === null ? null : misfitOf(definition, event);
      if (event === null || field !== null) return { verdict: "rejected", note: { index, watermarkMs, field } };
      const timeMs = timeOf(definition, event);
      const aheadMs = aheadBy(definition, timeMs, arrivalMs);
      if (aheadMs > 0) return { verdict: "quarantined", note: { index, watermarkMs, aheadMs } };

      const open = panes.filter(isOpen);
      const places = placesOf(rollups[0], timeMs, event, open);
      const missed = places.filter((place) => !isOpen(place));
      if (missed.length > 0 && missed.length === places.length) {
        const lastMs = Math.max(...missed.map(({ endMs }) => endMs));
        return { verdict: "late", note: { index, watermarkMs, missedByMs: watermarkMs - lastMs - allowedLatenessMs } };
      }
      const base = open.filter(({ rollup }) => rollup === rollups[0].name);
      if (id !== undefined && base.some(({ events }) => events.some((other) => other.event[id] === event[id]))) {
        return { verdict: "duplicate", note: null };
      }
      const taking = rollups.flatMap((rollup) => placesOf(rollup, timeMs, event, open)).filter(isOpen);
      const full = taking.find((place) => place.isFull);
      if (full !== undefined) {
        const { rollup, startMs, endMs } = full;
        return { verdict: "rejected", note: { index, watermarkMs, field: null, full: { rollup, startMs, endMs } } };
      }
      const taken = new Set(taking.flatMap((place) => place.takes));
      panes = [
        ...panes.filter((pane) => !taken.has(pane)),
        ...taking.map(({ takes, rollup, keys, startMs, endMs }) => ({
          rollup,
          keys,
          startMs,
          endMs,
          events: [...takes.flatMap(({ events }) => events), { index, event }].sort((a, b) => a.index - b.index),
        })),
      ];
      const windows = missed.map(({ startMs, endMs }) => ({ startMs, endMs }));
      return { verdict: "counted", note: windows.length === 0 ? null : { index, watermarkMs, missed: windows } };
    };
    judged.push(judge());
  }
  return { judged, ledger: ledgerOf(judged), panes };
}

/** Where an event goes in a rollup: the rows' windows, and the rows (at most one, but for sessions) that it joins there. */
function placesOf(rollup: Rollup<Visit>, timeMs: number, event: Visit, open: readonly Pane[]) {
  const keys = Object.fromEntries(rollup.keys.map((key) => [key, String(event[key])]));
  const rows = open.filter(
    (pane) => pane.rollup === rollup.name && rollup.keys.every((key) => pane.keys[key] === keys[key]),
  );
  return windowsOf(rollup, timeMs).map((own) => {
    if (rollup.window.kind !== "session") {
      const inWindow = open.filter((pane) => pane.rollup === rollup.name && pane.startMs === own.startMs);
      const takes = rows.filter(({ startMs }) => startMs === own.startMs);
      const others = Object.fromEntries(rollup.keys.map((key) => [key, "other"]));
      const { perWindow = Infinity, beyond } = rollup.keyLimit ?? {};
      const placed = beyond === "other" ? inWindow.filter((pane) => !isDeepStrictEqual(pane.keys, others)) : inWindow;
      const isBeyond = takes.length === 0 && placed.length >= perWindow;
      if (!isBeyond || beyond === "reject") return { rollup: rollup.name, keys, ...own, takes, isFull: isBeyond };
      const joined = inWindow.filter((pane) => isDeepStrictEqual(pane.keys, others));
      return { rollup: rollup.name, keys: others, ...own, takes: joined, isFull: false };
    }
    const takes: Pane[] = [];
    let { startMs, endMs } = own;
    for (;;) {
      const next = rows.find((row) => !takes.includes(row) && row.startMs <= endMs && startMs <= row.endMs);
      if (next === undefined) return { rollup: rollup.name, keys, startMs, endMs, takes, isFull: false };
      takes.push(next);
      startMs = Math.min(startMs, next.startMs);
      endMs = Math.max(endMs, next.endMs);
    }
  });
}

/** The windows of a time, ascending: all [start, start + size) that hold it, with start = offset + a multiple of the slide. */
export function windowsOf({ window }: Pick<Rollup<Visit>, "window">, timeMs: number): Window[] {
  if (window.kind === "session") return [{ startMs: timeMs, endMs: timeMs + window.gapMs }];
  const slideMs = window.kind === "tumbling" ? window.sizeMs : window.slideMs;
  const intoSlide = (timeMs - (window.offsetMs ?? 0)) % slideMs;
  const lastMs = timeMs - (intoSlide < 0 ? intoSlide + slideMs : intoSlide);
  const windows: Window[] = [];
  for (let startMs = lastMs; startMs + window.sizeMs > timeMs; startMs -= slideMs) {
    windows.unshift({ startMs, endMs: startMs + window.sizeMs });
  }
  return windows;
}

/** Each event of a stream with the watermark before it. */
export function readStream(definition: TaskDefinition<Visit>, inputs: readonly Input[]): Reading[] {
  const raised = inputs.map((input) => raisedBy(definition, input));
  return inputs.flatMap((input, at) => {
    if ("advanceMs" in input) return [];
    return [{ ...input, watermarkMs: Math.max(startOf(definition), ...raised.slice(0, at)) }];
  });
}

export function watermarkAfter(definition: TaskDefinition<Visit>, inputs: readonly Input[]): number {
  return Math.max(startOf(definition), ...inputs.map((input) => raisedBy(definition, input)));
}

function startOf({ initialWatermarkMs = -Infinity }: TaskDefinition<Visit>): number {
  return initialWatermarkMs;
}

/** How high an input puts the watermark, unless it is there. */
function raisedBy(definition: TaskDefinition<Visit>, input: Input): number {
  if ("advanceMs" in input) return input.advanceMs;
  const delayMs = definition.watermarkDelayMs;
  return delayMs === "given" ? -Infinity : movesTo(definition, input) - delayMs;
}

export function maxEventTimeAfter(definition: TaskDefinition<Visit>, inputs: readonly Input[]): number {
  return Math.max(...inputs.map((input) => ("advanceMs" in input ? -Infinity : movesTo(definition, input))), -Infinity);
}

/** The time to which an event moves the highest event time, unless it is there: -Infinity for one that is not to be believed. */
export function movesTo(definition: TaskDefinition<Visit>, { event, arrivalMs }: Omit<Reading, "watermarkMs">): number {
  if (event === null || misfitOf(definition, event) !== null) return -Infinity;
  const timeMs = timeOf(definition, event);
  return aheadBy(definition, timeMs, arrivalMs) > 0 ? -Infinity : timeMs;
}

function timeOf({ time }: TaskDefinition<Visit>, event: Visit): number {
  // + 0, since there is no time -0.
  return Number(event[time.field]) * (time.unit === "s" ? 1000 : 1) + 0;
}

function aheadBy({ maxFutureSkewMs }: TaskDefinition<Visit>, timeMs: number, arrivalMs: number): number {
  return maxFutureSkewMs === undefined || arrivalMs === -1 ? 0 : timeMs - arrivalMs - maxFutureSkewMs;
}

/** A field that does not fit the definition, or null. Where several do not, any of them. */
function misfitOf(definition: TaskDefinition<Visit>, event: Visit): string | null {
  const { id, time, rollups } = definition;
  const isText = (value: unknown) => typeof value === "string";
  const isSafe = (value: unknown) => Number.isSafeInteger(value);
  const isPresentOrNull = (value: unknown) => value === null || Number.isFinite(value);
  const isTime = (value: unknown) => isSafe(value) && Math.abs(timeOf(definition, event)) <= 8.64e15;

  const demands: [field: keyof Visit, fits: (value: unknown) => boolean][] = [[time.field, isTime]];
  if (id !== undefined) demands.push([id, isText]);
  for (const { keys, aggregates } of rollups) {
    demands.push(...keys.map((key): [keyof Visit, typeof isText] => [key, isText]));
    for (const aggregate of Object.values(aggregates)) {
      if (aggregate.kind === "min" || aggregate.kind === "max") demands.push([aggregate.field, isPresentOrNull]);
      if (aggregate.kind !== "sum" && aggregate.kind !== "mean") continue;
      demands.push([aggregate.field, aggregate.of === "integer" ? isSafe : isPresentOrNull]);
    }
  }
  const failed = demands.find(([field, fits]) => !fits(event[field]));
  return failed === undefined ? null : String(failed[0]);
}

function ledgerOf(judged: readonly Judged[]): Ledger {
  const count = (wanted: Verdict): number => judged.filter(({ verdict }) => verdict === wanted).length;
  return {
    read: judged.length,
    counted: count("counted"),
    duplicate: count("duplicate"),
    late: count("late"),
    quarantined: count("quarantined"),
    rejected: count("rejected"),
  };
}
