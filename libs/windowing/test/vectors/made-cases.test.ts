import { expect, test } from "vitest";
import type { Fields, VectorCase } from "./case.js";
import { judge, type Judged } from "./judge.js";

// What kinds allow, and none of the given cases shows: triggers of Flink, and divergences.

function made(engine: string, kind: string, config: Fields, steps: readonly Fields[]): VectorCase {
  return { id: `made: ${engine} ${kind}`, engine, kind, timeUnit: "ms", config, steps };
}

const event = (key: string, value: number, t: number, ...emitted: Fields[]) => {
  return { op: "event", key, value, t, expect: { emitted } };
};
const watermark = (t: number, ...emitted: Fields[]) => ({ op: "watermark", t, expect: { emitted } });
const signal = (op: string, input: number, expected: unknown[], t?: number) => ({ op, input, t, expect: expected });
const batch = (events: readonly Fields[], expected: Fields) => ({ op: "batch", events, expect: expected });

const cases: readonly (readonly [name: string, vector: VectorCase, judged: Judged])[] = [
  [
    "a trigger that counts fires when sessions merge, of what came since",
    made(
      "flink",
      "keyed-window-sum",
      { window: { type: "session", gap: 30 }, trigger: { type: "count", count: 4 }, fire: "purging" },
      [
        event("a", 1, 0),
        event("a", 2, 10),
        event("a", 3, 60),
        event("a", 4, 40, { key: "a", sum: 10, start: 0, end: 90 }),
        { op: "restart" },
        event("a", 5, 70),
        watermark(200),
      ],
    ),
    "passed",
  ],
  [
    "a continuous trigger fires again and again in a window without end, and at its end",
    made(
      "flink",
      "keyed-window-sum",
      { window: { type: "global" }, trigger: { type: "continuous-event-time", interval: 30 }, fire: "accumulating" },
      [
        event("a", 1, 20),
        event("b", 2, 30),
        watermark(30, { key: "a", sum: 1, start: "MIN", end: "MAX" }),
        watermark(59),
        watermark(60, { key: "a", sum: 1 }, { key: "b", sum: 2 }),
        { op: "watermark", t: 121, expect: { emitted: [1, 1, 2, 2].map((sum) => ({ sum })) } },
      ],
    ),
    "passed",
  ],
  [
    "inputs that are back and behind",
    made("flink", "watermark-valve", { inputs: 3 }, [
      signal("watermark", 0, [], 10),
      signal("watermark", 1, [], 7),
      signal("idle", 2, [7]),
      signal("active", 2, []),
      signal("watermark", 2, [], 5),
      signal("watermark", 1, [9], 9),
      signal("watermark", 2, [], 9),
      signal("watermark", 1, [], 12),
      signal("watermark", 2, [10], 11),
    ]),
    ["returning-sources-hold"],
  ],
  [
    "an input that is behind, and the last to go idle",
    made("flink", "watermark-valve", { inputs: 3 }, [
      signal("watermark", 0, [], 10),
      signal("watermark", 1, [], 7),
      signal("idle", 2, [7]),
      signal("active", 2, []),
      signal("idle", 0, []),
      signal("idle", 1, []),
      signal("idle", 2, ["idle"]),
      signal("active", 1, ["active"]),
      signal("watermark", 1, [8], 8),
    ]),
    ["returning-sources-hold"],
  ],
  [
    "a window that ends at 0 is closed before anything came",
    made("spark", "windowed-count", { window: { size: 5 }, watermarkDelay: 10, outputMode: "append" }, [
      batch([{ t: -1 }, { t: 0 }], { dropped: 1, stateRows: 1, watermarkAfter: 0 }),
    ]),
    "passed",
  ],
  [
    "an event that would join an open session, and is late alone",
    made(
      "spark",
      "session-count",
      { window: { type: "session", gap: 10 }, watermarkDelay: 0, outputMode: "append", noDataBatch: false },
      [
        batch([{ t: 40 }], { watermarkAfter: 40 }),
        batch([{ t: 45 }], { watermarkAfter: 45 }),
        batch([{ t: 30 }], { dropped: 1 }),
        batch([{ t: 60 }], { emitted: [] }),
        batch([], { emitted: [{ start: 40, end: 55, count: 2 }] }),
      ],
    ),
    ["sessions-merge-before-they-are-judged"],
  ],
  [
    "a negative offset",
    made("beam", "invalid-config", {}, [{ op: "reject", size: 10_000, slide: 1_000, offset: -500 }]),
    ["negative-offsets"],
  ],
  [
    "a join of another kind",
    made("spark", "join-then-windowed-count", { join: "left outer within 5 seconds" }, []),
    ["joins-are-by-time-alone"],
  ],
  [
    "windows that begin with events",
    made("kafka-streams", "window-count-suppress", { window: { type: "sliding", size: 5 }, grace: 0 }, []),
    ["windows-lie-on-a-grid"],
  ],
];

test.each(cases)("%s", (_, vector, judged) => {
  expect(judge(vector)).toEqual(judged);
});
