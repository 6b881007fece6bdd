import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type GeneratedRun, generatedRuns } from "./generated-runs.js";
import { generatedSources } from "./generated-sources.js";
import { readOverall } from "./naive-operator.js";
import { judgeNaively, type Outcome, type Pane, type Reading, readStream, windowsOf } from "./naive-model.js";
import type { Visit } from "./visit.js";

const RUNS = 200;
const ofAny =
  "counted, duplicate, late, quarantined, rejected, rejected for a field, counted again, at an edge, the same time again, " +
  "before 0, late by 0, after the window's end, raised from outside";

test.each([
  ["tumbling", ["rejected by a full window", "counted among the others"]],
  [
    "hopping",
    ["counted in some windows only", "between windows", "rejected by a full window", "counted among the others"],
  ],
  ["session", ["a session grows", "sessions merge", "exactly a gap apart", "counted though its own window is closed"]],
] as const)("the generated runs of %s windows hold all that is rare elsewhere", (kind, ofKind) => {
  const seen = new Map<string, number>();
  for (const run of fc.sample(generatedRuns({ kinds: [kind] }), { numRuns: RUNS, seed: 1 })) {
    for (const what of happenings(run)) seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  const wanted = [...ofAny.split(", "), ...ofKind];
  expect(wanted.filter((what) => (seen.get(what) ?? 0) < RUNS / 6)).toEqual([]);
});

test("the generated sources hold all that is rare elsewhere", () => {
  const seen = new Map<string, number>();
  for (const { definition, steps } of fc.sample(generatedSources, { numRuns: RUNS, seed: 1 })) {
    const inputs = steps.map(({ input }) => input);
    const { readings, after } = readOverall(definition, inputs);
    const verdicts = judgeNaively(definition, readings).judged.map(({ verdict }) => verdict);
    const moved = inputs.flatMap(({ kind }, at) => {
      const before = after[at - 1]?.watermarkMs ?? -Infinity;
      return before < (after[at]?.watermarkMs ?? -Infinity) ? [`moved by ${kind}`] : [];
    });
    for (const what of [...verdicts, ...moved]) seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  const wanted =
    "counted, duplicate, late, moved by events, moved by watermark, moved by idle, moved by tick, moved by remove-source";
  expect(wanted.split(", ").filter((what) => (seen.get(what) ?? 0) < RUNS / 20)).toEqual([]);
});

function* happenings({ definition, inputs }: GeneratedRun): Generator<string> {
  const readings = readStream(definition, inputs);
  const { judged, panes } = judgeNaively(definition, readings);
  const scale = definition.time.unit === "s" ? 1000 : 1;
  const times = readings.map(({ event }) => (event === null ? Number.NaN : event.at * scale));
  const ids = new Set<unknown>();

  for (const input of inputs) if ("advanceMs" in input) yield "raised from outside";
  for (const { keys, events } of panes) {
    for (const { event } of events) {
      if (Object.entries(keys).some(([key, text]) => event[key as keyof Visit] !== text))
        yield "counted among the others";
    }
  }
  for (const [at, { verdict, note }] of judged.entries()) {
    yield verdict;
    if (typeof note?.["field"] === "string") yield "rejected for a field";
    if (note?.["missed"] !== undefined) yield "counted in some windows only";
    if (note?.["missedByMs"] === 0) yield "late by 0";
    if (note?.["full"] !== undefined) yield "rejected by a full window";
    const { event, watermarkMs } = readings[at] as Reading;
    if (verdict !== "counted" || event === null) continue;

    const timeMs = times[at] ?? Number.NaN;
    const windows = windowsOf(definition.rollups[0], timeMs);
    const { allowedLatenessMs, rollups } = definition;
    if (ids.has(event.id)) yield "counted again";
    ids.add(event.id);
    if (times.indexOf(timeMs) < at) yield "the same time again";
    if (timeMs < 0) yield "before 0";
    if (windows.length === 0) yield "between windows";
    if (windows.some(({ startMs }) => startMs === timeMs)) yield "at an edge";
    if (windows.some(({ endMs }) => endMs <= watermarkMs)) yield "after the window's end";
    if (rollups[0].window.kind !== "session") continue;
    if (windows.every(({ endMs }) => endMs + allowedLatenessMs <= watermarkMs)) {
      yield "counted though its own window is closed";
    }
    const before = judgeNaively(definition, readings.slice(0, at));
    const after = judgeNaively(definition, readings.slice(0, at + 1));
    if (after.panes.length === before.panes.length) yield "a session grows";
    if (after.panes.length < before.panes.length) yield "sessions merge";
    if (isGapApart(before, after, timeMs)) yield "exactly a gap apart";
  }
}

/** Whether a session that took the event in had ended exactly a gap after its last one. */
function isGapApart(before: Outcome, after: Outcome, timeMs: number): boolean {
  const kept = new Set(after.panes.map((pane) => boundsOf(pane)));
  return before.panes.some((pane) => pane.endMs === timeMs && !kept.has(boundsOf(pane)));
}

function boundsOf({ startMs, endMs, keys }: Pane): string {
  return JSON.stringify([startMs, endMs, keys]);
}
