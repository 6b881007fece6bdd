import { assignWindows, custom, mergeSessions, tumbling, type Window, type WindowAssigner } from "../../src/index.js";
import { inOrder } from "./answers.js";
import { type Adapter, adapter, type CaseRun } from "./case-run.js";
import { TwinTask } from "./twin-task.js";
import { assignerOf, type WindowConfig } from "./window-config.js";

/** What `assignWindows` gives for a time. Where windows begin at `minStart` at the earliest, the others are not there. */
export const windowAssign: Adapter = adapter<AssignConfig, { t: number; windows: unknown }>((run) => {
  const assigner = assignerOf(run.vector, run.config);
  const { minStart } = run.config;
  for (const [at, { t, windows }] of run.steps) {
    const assigned = assignWindows(assigner, run.ms(t)).filter(({ startMs }) => isThere(run, minStart, startMs));
    run.expect(at, { windows }, { windows: assigned.map((window) => pair(run, window)) });
  }
});

interface AssignConfig extends WindowConfig {
  readonly minStart?: number;
}

/** Whether a window begins late enough to be one of the engine's. */
export function isThere<Config, Step>(run: CaseRun<Config, Step>, minStart: number | undefined, startMs: number) {
  return minStart === undefined || !run.follows("windows-before-the-epoch") || startMs >= run.ms(minStart);
}

/** Where the window of a time begins. */
export const windowStart: Adapter = adapter<unknown, StartStep>((run) => {
  for (const [at, { t, offset, size, start }] of run.steps) {
    const [window] = assignWindows(tumbling(run.ms(size), run.ms(offset)), run.ms(t));
    run.expect(at, { start }, { start: window && run.unit(window.startMs) });
  }
});

interface StartStep {
  readonly t: number;
  readonly offset: number;
  readonly size: number;
  readonly start: number;
}

/** Which events a task puts into which windows, with no watermark at all. */
export const windowGroup: Adapter = adapter<WindowConfig, { events: number[]; windows: unknown }>((run) => {
  for (const [at, { events, windows }] of run.steps) {
    const answer = group(run, assignerOf(run.vector, run.config), events).map(({ startMs, endMs, members }) => {
      return { start: run.unit(startMs), end: run.unit(endMs), members };
    });
    run.expect(at, { windows }, { windows: answer });
  }
});

/**
 * The same with sessions. Where those exactly a gap apart must stay apart, their gap is one unit of our time less, and their
 * ends one more.
 */
export const sessionGroup: Adapter = adapter<SessionConfig, { events: number[]; windows: unknown }>((run) => {
  const { gap, mergeAtExactGap = true } = run.config;
  const lessMs = !mergeAtExactGap && run.follows("sessions-a-gap-apart-merge") ? 1 : 0;
  const assigner: WindowAssigner = { kind: "session", gapMs: run.ms(gap) - lessMs };
  for (const [at, { events, windows }] of run.steps) {
    const answer = group(run, assigner, events).map(({ startMs, endMs, members }) => {
      return { start: run.unit(startMs), end: run.unit(endMs + lessMs), members };
    });
    run.expect(at, { windows }, { windows: answer });
  }
});

interface SessionConfig {
  readonly gap: number;
  readonly mergeAtExactGap?: boolean;
}

/** Sessions from their first event to their last. */
export const sessionInclusiveGroup: Adapter = adapter<SessionConfig, { events: number[]; sessions: unknown }>((run) => {
  const gapMs = run.ms(run.config.gap);
  for (const [at, { events, sessions }] of run.steps) {
    const answer = group(run, { kind: "session", gapMs }, events).map(({ startMs, endMs }) => {
      return pair(run, { startMs, endMs: endMs - gapMs });
    });
    run.expect(at, { sessions }, { sessions: answer });
  }
});

/** `merged`: what several windows became; `unmerged`: windows that stayed as they were. */
export const sessionMerge: Adapter = adapter<unknown, MergeStep>((run) => {
  for (const [at, { windows, merged, unmerged }] of run.steps) {
    const before = windows.map(([start, end]) => ({ startMs: run.ms(start), endMs: run.ms(end) }));
    const made = { merged: [] as unknown[], unmerged: [] as unknown[] };
    for (const after of mergeSessions(before)) {
      const parts = before.filter(({ startMs, endMs }) => startMs >= after.startMs && endMs <= after.endMs);
      made[parts.length > 1 ? "merged" : "unmerged"].push(pair(run, after));
    }
    run.expect(at, { merged, unmerged }, made);
  }
});

interface MergeStep {
  readonly windows: readonly (readonly [number, number])[];
  readonly merged: unknown;
  readonly unmerged: unknown;
}

interface Timed {
  readonly at: number;
  readonly member: number;
}

const members = custom<Timed>()({
  create: (): number[] => [],
  add: (list, { member }) => [...list, member],
  merge: (left, right) => [...left, ...right],
  result: (list) => list,
});

function group<Config>(run: CaseRun<Config, unknown>, window: WindowAssigner, events: readonly number[]) {
  const task = new TwinTask<Timed>({
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: "given",
    allowedLatenessMs: 0,
    rollups: [{ name: "windows", window, keys: [], aggregates: { members } }],
  });
  task.step(events.map((member) => ({ at: run.ms(member), member })));
  task.advance(Infinity);
  return task.checkpoint().closed.map(({ windowStartMs: startMs, windowEndMs: endMs, values }) => {
    return { startMs, endMs, members: values["members"] as number[] };
  });
}

export function pair<Config, Step>(run: CaseRun<Config, Step>, { startMs, endMs }: Window) {
  return inOrder([run.unit(startMs), run.unit(endMs)]);
}
