import { expect, test } from "vitest";
import {
  assignWindows,
  checkAssigner,
  createOperator,
  createTask,
  createWatermarks,
  hopping,
  mergeSessions,
  session,
  type Task,
  type TaskDefinition,
  tumbling,
  type WindowAssigner,
} from "../../src/index.js";
import { readJson } from "./case.js";
import { isRefused } from "./refusals.js";

interface Disagreement {
  readonly id: string;
  readonly input: never;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** Each is given the input, and what the engines make of it. */
const demonstrations: Readonly<Record<string, (input: never, engines: Disagreement["expect"]) => void>> = {
  "div-session-exact-gap": ({ gap, events }: { gap: number; events: number[] }, engines) => {
    const merged = mergeSessions(events.flatMap((at) => assignWindows(session(gap), at)));
    expect(pairs(merged)).toEqual(engines["flink"]);
    const task = createTask<Moment>(definitionOf(session(gap)));
    task.step(moments(events));
    expect(rowsOf(task)).toEqual([{ window: [merged[0]?.startMs, merged[0]?.endMs], count: events.length }]);
    expect(pairs(merged.map(({ startMs, endMs }) => ({ startMs, endMs: endMs - gap })))).toEqual(engines["bytewax"]);
  },

  "div-late-per-event-or-window": (input: { window: string; watermark: number; event: number }, engines) => {
    const task = createTask<Moment>(definitionOf(tumbling(Number(input.window.replace("tumbling ", "")))));
    task.advance(input.watermark);
    expect(task.step(moments([input.event])).verdicts).toEqual(["counted"]);
    expect(engines["flink"]).toBe("kept");
  },

  "div-session-late-own-or-merged": (input: LateSession, engines) => {
    const { gap, allowedLateness: allowedLatenessMs, open, watermark, event } = input;
    const task = createTask<Moment>({ ...definitionOf(session(gap)), allowedLatenessMs });
    task.step(moments(open.map(([start]) => start)));
    // Flink's watermark: no more comes at or before it.
    task.advance(watermark + 1);
    expect(rowsOf(task).map(({ window }) => window)).toEqual(open);
    expect(task.step(moments([event])).verdicts).toEqual(["counted"]);
    const [merged] = rowsOf(task);
    expect(engines["flink"]).toBe(`kept, merged to [${merged?.window.join(",")})`);
    const alone = createTask<Moment>({ ...definitionOf(session(gap)), allowedLatenessMs });
    alone.advance(watermark + 1);
    expect(alone.step(moments([event])).verdicts).toEqual(["late"]);
  },

  "div-partially-late-hopping": ({ size, advance, event, closed, open }: PartlyLate) => {
    const task = createTask<Moment>(definitionOf(hopping(size, advance)));
    task.advance(Math.max(...closed.map(([, end]) => end)));
    const { verdicts, late, partlyLate } = task.step(moments([event]));
    expect([verdicts, late]).toEqual([["counted"], []]);
    expect(partlyLate.map(({ missed }) => pairs(missed))).toEqual([closed]);
    expect(rowsOf(task).map(({ window }) => window)).toEqual(open);
  },

  "div-cross-partition": ({ delay, p0, p1 }: { delay: number; p0: number[]; p1: number[] }, engines) => {
    for (const judgedBy of ["source", "overall"] as const) {
      const definition = { ...definitionOf(tumbling(1)), watermarkDelayMs: delay, sources: { judgedBy } };
      const operator = createOperator<Moment>(definition);
      operator.step({ kind: "add-source", source: "p1" });
      operator.step({ kind: "events", source: "p0", events: moments(p0) });
      const result = operator.step({ kind: "events", source: "p1", events: moments(p1) });
      expect(result?.verdicts).toEqual(p1.map(() => "counted"));
      const { watermarkMs } = operator.checkpoint();
      expect(engines["flink"]).toContain(`min = ${Math.min(...p1)} or ${watermarkMs}`);
    }
    const watermarks = createWatermarks({ delayMs: delay });
    for (const [source, times] of Object.entries({ p0, p1 })) for (const at of times) watermarks.observe(source, at);
    watermarks.setIdle("p1");
    expect(watermarks.overallMs).toBe(Math.max(...p0));
  },

  "div-before-epoch": ({ size, slide, event }: Hop, engines) => {
    expect(pairs(assignWindows(hopping(size, slide), event))).toEqual(engines["flink"]);
  },

  "div-slide-larger-than-size": ({ size, slide, event }: Hop, engines) => {
    expect(isRefused(() => checkAssigner("window", hopping(size, slide)))).toBe(true);
    const asked = hopping(size, slide, { gaps: true });
    expect(isRefused(() => checkAssigner("window", asked))).toBe(false);
    expect(assignWindows(asked, event)).toEqual([]);
    expect(engines).toMatchObject({ beam: "no window", "kafka-streams": "config rejected" });
  },

  "div-negative-offset": ({ size, offset }: { size: number; offset: number }) => {
    expect(isRefused(() => createTask<Moment>(definitionOf(tumbling(size, offset))))).toBe(false);
    expect(pairs(assignWindows(tumbling(size, offset), 0))).toEqual([[offset, size + offset]]);
    expect(isRefused(() => createTask<Moment>(definitionOf(tumbling(size, -size))))).toBe(true);
  },

  "div-zero-delay-equal-time": ({
    delay,
    batch1,
    batch2,
  }: Record<"batch1" | "batch2", number[]> & { delay: number }) => {
    const task = createTask<Moment>({ ...definitionOf(tumbling(1)), watermarkDelayMs: delay });
    task.step(moments(batch1));
    task.checkpoint();
    expect(task.watermarkMs).toBe(Math.max(...batch1) - delay);
    expect(task.step(moments(batch2)).verdicts).toEqual(["counted"]);
    expect(task.step(moments([task.watermarkMs - 1])).verdicts).toEqual(["late"]);
  },

  "div-watermark-after-restart": () => {
    const definition = {
      ...definitionOf(tumbling(10)),
      watermarkDelayMs: 0,
      sources: { judgedBy: "overall" },
    } as const;
    const before = createOperator<Moment>(definition);
    before.step({ kind: "events", source: "p0", events: moments([25]) });
    before.step({ kind: "events", source: "p1", events: moments([42]) });
    const after = createOperator<Moment>(definition, JSON.parse(JSON.stringify(before.snapshot())));
    expect(after.explain()).toEqual(before.explain());
    expect(after.explain().sources.map(({ watermarkMs }) => watermarkMs)).toEqual([25, 42]);
    expect(after.checkpoint().watermarkMs).toBe(25);
    after.step({ kind: "events", source: "p0", events: moments([40]) });
    expect(after.checkpoint().watermarkMs).toBe(40);

    const watermarks = createWatermarks({ delayMs: "given" });
    watermarks.advance("p0", 25);
    watermarks.advance("p1", 42);
    const restored = createWatermarks({ delayMs: "given" }, JSON.parse(JSON.stringify(watermarks.snapshot())));
    expect([restored.of("p0"), restored.of("p1"), restored.overallMs]).toEqual([25, 42, 25]);
  },

  "div-idle-input": () => {
    const run = (sources: object, fullyRead: string[]) => {
      const definition = { ...definitionOf(tumbling(10)), watermarkDelayMs: 5, output: "final" } as const;
      const operator = createOperator<Moment>({ ...definition, sources: { judgedBy: "overall", ...sources } });
      operator.step({ kind: "events", source: "p0", events: moments([9, 11]), nowMs: 0 });
      operator.step({ kind: "tick", nowMs: 1_000_000, fullyRead });
      return operator.checkpoint().parts.flatMap(({ changed }) => changed.flatMap(({ rows }) => rows)).length;
    };
    const closing = { idleTimeoutMs: 1_000, whenAllIdle: "highest-event-time" };
    expect(run({}, ["p0"])).toBe(0);
    expect(run({ idleTimeoutMs: 1_000 }, ["p0"])).toBe(0);
    expect(run(closing, [])).toBe(0);
    expect(run(closing, ["p0"])).toBe(1);
  },

  "div-future-event": ({ delay, normal, future, then }: Future) => {
    const task = createTask<Moment>({
      ...definitionOf(tumbling(10_000)),
      time: { field: "at", unit: "s" },
      watermarkDelayMs: delay * 1000,
      maxFutureSkewMs: 60_000,
    });
    const arrival = Math.max(...normal, ...then) * 1000;
    const events = moments([...normal, future, ...then]);
    const { verdicts, quarantined } = task.step(
      events,
      events.map(() => arrival),
    );
    expect(verdicts).toEqual(events.map(({ at }) => (at === future ? "quarantined" : "counted")));
    expect(quarantined).toHaveLength(1);
    expect(task.maxEventTimeMs).toBe(Math.max(...then) * 1000);
  },
};

interface Hop {
  readonly size: number;
  readonly slide: number;
  readonly event: number;
}

interface LateSession {
  readonly gap: number;
  readonly allowedLateness: number;
  readonly open: readonly [number, number][];
  readonly watermark: number;
  readonly event: number;
}

interface PartlyLate {
  readonly size: number;
  readonly advance: number;
  readonly event: number;
  readonly closed: readonly [number, number][];
  readonly open: readonly [number, number][];
}

interface Future {
  readonly delay: number;
  readonly normal: readonly number[];
  readonly future: number;
  readonly then: readonly number[];
}

interface Moment {
  readonly at: number;
}

function definitionOf(window: WindowAssigner): TaskDefinition<Moment> {
  return {
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: "given",
    allowedLatenessMs: 0,
    rollups: [{ name: "windows", window, keys: [], aggregates: { count: { kind: "count" } } }],
  };
}

function moments(times: readonly number[]): Moment[] {
  return times.map((at) => ({ at }));
}

function pairs(windows: readonly { readonly startMs: number; readonly endMs: number }[]): number[][] {
  return windows.map(({ startMs, endMs }) => [startMs, endMs]);
}

function rowsOf(task: Task<TaskDefinition<Moment>>) {
  const rows = task.checkpoint().changed.flatMap((each) => each.rows);
  return rows.map(({ windowStartMs, windowEndMs, values }) => {
    return { window: [windowStartMs, windowEndMs], count: values["count"] };
  });
}

const disagreements = readJson("divergences.json") as readonly Disagreement[];

test.each(disagreements.map((each) => [each.id, each] as const))(
  "%s: ours is what users prefer",
  (id, { input, expect: engines }) => {
    expect(demonstrations).toHaveProperty(id);
    demonstrations[id]?.(input, engines);
  },
);

test("each demonstration is of an entry", () => {
  expect(Object.keys(demonstrations).toSorted()).toEqual(disagreements.map(({ id }) => id).toSorted());
});
