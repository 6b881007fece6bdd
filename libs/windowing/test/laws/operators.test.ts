import { expect, test } from "vitest";
import {
  createOperator,
  type OperatorDefinition,
  type OperatorInput,
  type SourcesDefinition,
} from "../../src/index.js";
import { eager } from "./definitions.js";
import { OperatorConsumer } from "./operator-consumer.js";
import { type Visit, visit } from "./visit.js";

const define = (sources: SourcesDefinition): OperatorDefinition<Visit> => ({
  ...eager({ kind: "tumbling", sizeMs: 10 }),
  sources,
});
const overall = define({ judgedBy: "overall", idleTimeoutMs: 5 });
const bySource = define({ judgedBy: "source" });

const events = (source: string, ...times: number[]): OperatorInput<Visit> => ({
  kind: "events",
  source,
  events: times.map((at) => visit(at)),
});

/** The overall watermark after each input. */
function watermarksOf(definition: OperatorDefinition<Visit>, ...inputs: OperatorInput<Visit>[]): number[] {
  const operator = createOperator(definition);
  return inputs.map((input) => {
    operator.step(input);
    return operator.checkpoint().watermarkMs;
  });
}

test("the slowest source holds the overall watermark, and judges the others by it", () => {
  const operator = createOperator(overall);
  operator.step(events("a", 100));
  operator.step({ kind: "add-source", source: "b" });
  expect(operator.step(events("a", 5))?.verdicts).toEqual(["late"]);

  const other = createOperator(overall);
  other.step({ kind: "add-source", source: "b" });
  other.step(events("a", 100));
  expect(other.step(events("a", 5))?.verdicts).toEqual(["counted"]);
  other.step(events("b", 20));
  expect(other.step(events("a", 5, 25))).toMatchObject({ verdicts: ["late", "counted"], late: [{ watermarkMs: 20 }] });
});

test("a source that joins, or comes back, holds the overall watermark, and does not lower it", () => {
  const inputs = [events("a", 30), events("b", 10), events("a", 50), events("b", 40), events("a", 60)];
  expect(watermarksOf(overall, ...inputs)).toEqual([30, 30, 30, 40, 40]);
});

test("a source that is removed holds nothing any more", () => {
  const inputs = [
    { kind: "add-source", source: "b" },
    events("a", 30),
    { kind: "remove-source", source: "b" },
  ] as const;
  expect(watermarksOf(overall, ...inputs)).toEqual([-Infinity, -Infinity, 30]);
});

test("a source is idle when it was quiet for the timeout and is fully read, not when it is one of these", () => {
  const quiet = (nowMs: number, ...fullyRead: string[]) =>
    watermarksOf(
      overall,
      { ...events("b", 10), nowMs: 0 } as OperatorInput<Visit>,
      { ...events("a", 30), nowMs: 3 } as OperatorInput<Visit>,
      { kind: "tick", nowMs, fullyRead },
    ).at(-1);
  expect([quiet(5, "b"), quiet(4, "b"), quiet(5, "a"), quiet(1000)]).toEqual([30, 10, 10, 10]);
});

test("sources that become idle at the same tick do not let the watermark pass in between", () => {
  const inputs = [events("a", 10), events("b", 30)].map((input) => ({ ...input, nowMs: 0 }) as OperatorInput<Visit>);
  const tick = { kind: "tick", nowMs: 9, fullyRead: ["a", "b"] } as const;
  expect(watermarksOf(overall, { kind: "add-source", source: "b" }, ...inputs, tick)).toEqual([
    -Infinity,
    -Infinity,
    10,
    10,
  ]);
});

test.each([
  ["hold", 10],
  ["highest-watermark", 26],
  ["highest-event-time", 30],
] as const)("when all sources are idle, %s", (whenAllIdle, expectedMs) => {
  const definition = { ...define({ judgedBy: "overall", whenAllIdle }), watermarkDelayMs: 4 };
  const idle = (source: string) => ({ kind: "idle", source }) as const;
  // The one that holds is the last to be idle, so that it is not what the others alone would come to.
  const inputs = [{ kind: "add-source", source: "b" } as const, events("a", 30), events("b", 14), idle("a"), idle("b")];
  expect(watermarksOf(definition, ...inputs).at(-1)).toBe(expectedMs);
});

test("a source that wakes in a stream whose sources were all idle moves the watermark to its own", () => {
  const inputs: OperatorInput<Visit>[] = [
    { kind: "add-source", source: "b" },
    events("a", 30),
    events("b", 10),
    { kind: "idle", source: "a" },
    { kind: "idle", source: "b" },
    { kind: "active", source: "a" },
  ];
  expect(watermarksOf(overall, ...inputs).slice(-2)).toEqual([10, 30]);
});

test.each([overall, bySource])("the end closes everything: $sources.judgedBy", (definition) => {
  const consumer = new OperatorConsumer({ ...definition, output: "final" });
  for (const input of [events("a", 1, 30), events("b", 2)]) consumer.feed(input);
  consumer.feed({ kind: "end" });
  const { parts } = consumer.checkpoint();
  const rows = parts.flatMap(({ changed }) => changed.flatMap((changes) => changes.rows));
  expect(rows.map(({ windowStartMs }) => windowStartMs).toSorted()).toEqual(
    definition === overall ? [0, 30] : [0, 0, 30],
  );
});

test("the end closes what sources have left that are gone", () => {
  const operator = createOperator({ ...overall, output: "final" });
  for (const input of [events("a", 1), { kind: "remove-source", source: "a" }, { kind: "end" }] as const) {
    operator.step(input);
  }
  expect(operator.checkpoint().parts[0]?.changed[0]?.rows).toHaveLength(1);
});

test.each([false, true])(
  "judged by source, a removed one's rows are given out once, its figures stay, and it may come again from nothing; restored: %s",
  (isRestored) => {
    const consumer = new OperatorConsumer(bySource);
    const follow = (...inputs: OperatorInput<Visit>[]) => {
      for (const input of inputs) {
        consumer.feed(input);
        if (isRestored) consumer.restore();
      }
      const checkpoint = consumer.checkpoint();
      if (isRestored) consumer.restore();
      return checkpoint;
    };
    expect(follow(events("a", 1, 30), { kind: "remove-source", source: "a" })).toMatchObject({
      parts: [{ source: "a", changed: [{ rows: [{ windowStartMs: 0 }, { windowStartMs: 30 }] }] }],
      ledger: { read: 2, counted: 2 },
    });
    expect(follow()).toMatchObject({ parts: [], ledger: { read: 2, counted: 2 } });
    // The one that is gone and the new one may both wait for a checkpoint.
    expect(follow(events("a", 1, 50), { kind: "remove-source", source: "a" }, events("a", 1))).toMatchObject({
      parts: [
        { source: "a", changed: [{ rows: [{ windowStartMs: 0 }, { windowStartMs: 50 }] }], ledger: { read: 2 } },
        { source: "a", changed: [{ rows: [{ windowStartMs: 0 }] }], ledger: { read: 1, counted: 1 } },
      ],
      ledger: { read: 5, counted: 5 },
    });
  },
);

test("judged by source, the same id counts in each", () => {
  const operator = createOperator({ ...bySource, id: "id" });
  expect(operator.step(events("a", 1, 1))?.verdicts).toEqual(["counted", "duplicate"]);
  expect(operator.step(events("b", 1, 1))?.verdicts).toEqual(["counted", "duplicate"]);
});

test("judged by source, the end does not close what was open of a source that is gone, wherever the checkpoint falls", () => {
  const ways: OperatorInput<Visit>["kind"][][] = [["remove-source", "end"], ["remove-source"]];
  const rows = ways.map((kinds) => {
    const operator = createOperator({ ...bySource, output: "final" });
    operator.step(events("a", 1));
    for (const kind of kinds) operator.step({ kind, source: "a" } as OperatorInput<Visit>);
    const first = operator.checkpoint();
    operator.step({ kind: "end" });
    return [first, operator.checkpoint()].flatMap(({ parts }) => parts.flatMap(({ changed }) => changed[0].rows));
  });
  expect(rows).toEqual([[], []]);
});
