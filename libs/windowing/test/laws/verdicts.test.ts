import { expect, test } from "vitest";
import { createTask } from "../../src/index.js";
import { eager, judge, tumblingBy10 } from "./definitions.js";
import { visit } from "./visit.js";

// Watermark 20 behind, lateness 5: an event at 44 puts the watermark at 24, so [0, 10) is closed, and [10, 20) is not.

test("an event behind the watermark is not late while its window is open", () => {
  expect(judge(tumblingBy10, [44, 10]).verdicts).toEqual(["counted", "counted"]);
  expect(judge(tumblingBy10, [44, 9])).toMatchObject({
    verdicts: ["counted", "late"],
    late: [{ index: 1, watermarkMs: 24, missedByMs: 9 }],
  });
});

test("an event is late at the very watermark that closes its window", () => {
  expect(judge(tumblingBy10, [34, 9]).verdicts).toEqual(["counted", "counted"]);
  expect(judge(tumblingBy10, [35, 9]).late).toEqual([{ index: 1, watermarkMs: 15, missedByMs: 0 }]);
});

test("an event is judged by the watermark before it, so it is never late by its own time", () => {
  const everyTen = eager({ kind: "tumbling", sizeMs: 10 });
  expect(judge(everyTen, [9, 10, 10, 9]).verdicts).toEqual(["counted", "counted", "counted", "late"]);
});

test("an event too far ahead of its arrival is quarantined: it moves no watermark, and its id may still be counted", () => {
  const visits = [visit(106, { id: "a" }), visit(105, { id: "b" }), visit(99, { id: "a" })];
  const { verdicts, quarantined } = judge(tumblingBy10, visits, 100);
  expect(verdicts).toEqual(["quarantined", "counted", "counted"]);
  expect(quarantined).toEqual([{ index: 0, watermarkMs: -Infinity, aheadMs: 1 }]);
});

test("without an arrival, without arrivals at all, or without a skew, there is no future guard", () => {
  expect(judge(tumblingBy10, [1_000_000]).verdicts).toEqual(["counted"]);
  expect(createTask(tumblingBy10).step([visit(1_000_000)]).verdicts).toEqual(["counted"]);
  expect(judge(eager({ kind: "session", gapMs: 1 }), [1_000_000], 0).verdicts).toEqual(["counted"]);
});

test("a duplicate moves the watermark", () => {
  const visits = [visit(0, { id: "a" }), visit(35, { id: "a" }), visit(0)];
  expect(judge(tumblingBy10, visits).verdicts).toEqual(["counted", "duplicate", "late"]);
});

test("an id counts again once its window closed, and a duplicate does not prolong its life", () => {
  const visits = [visit(0, { id: "a" }), visit(30, { id: "a" }), visit(35), visit(30, { id: "a" })];
  expect(judge(tumblingBy10, visits).verdicts).toEqual(["counted", "duplicate", "counted", "counted"]);
});

test("what is both late and a duplicate is late; what is both quarantined and a duplicate is quarantined", () => {
  expect(judge(tumblingBy10, [visit(0, { id: "a" }), visit(35), visit(0, { id: "a" })]).verdicts[2]).toBe("late");
  expect(judge(tumblingBy10, [visit(0, { id: "a" }), visit(9, { id: "a" })], 0).verdicts[1]).toBe("quarantined");
});

test("what is both unfit and ahead, or unfit and late, is rejected", () => {
  expect(judge(tumblingBy10, [visit(500, { sales: 0.5 })], 0).verdicts).toEqual(["rejected"]);
  expect(judge(tumblingBy10, [44, visit(0, { sales: 0.5 })]).verdicts[1]).toBe("rejected");
});

test("a late event's id is not remembered", () => {
  const visits = [visit(35), visit(0, { id: "a" }), visit(20, { id: "a" })];
  expect(judge(tumblingBy10, visits).verdicts).toEqual(["counted", "late", "counted"]);
});

test("no event is a rejection, and carries the watermark that stood", () => {
  expect(judge(tumblingBy10, [null, 30, null]).rejected).toEqual([
    { index: 0, watermarkMs: -Infinity, field: null },
    { index: 2, watermarkMs: 10, field: null },
  ]);
});

test("what is no object at all is rejected too, and throws nothing", () => {
  const task = createTask(tumblingBy10);
  expect(task.step([undefined, 7, "text", []] as unknown as null[]).verdicts).toEqual([
    "rejected",
    "rejected",
    "rejected",
    "rejected",
  ]);
  expect(task.step([visit(1)]).verdicts).toEqual(["counted"]);
});

test("an event late for some of its windows counts in the others, and says which it missed", () => {
  const bySlidesOf5 = eager({ kind: "hopping", sizeMs: 15, slideMs: 5 });
  const { verdicts, partlyLate, late } = judge(bySlidesOf5, [15, 9]);
  expect(verdicts).toEqual(["counted", "counted"]);
  expect(late).toEqual([]);
  const missed = [
    { startMs: -5, endMs: 10 },
    { startMs: 0, endMs: 15 },
  ];
  expect(partlyLate).toEqual([{ index: 1, watermarkMs: 15, missed }]);
});

test("an event that missed all of its windows is late by what it missed the last one by", () => {
  const bySlidesOf5 = eager({ kind: "hopping", sizeMs: 15, slideMs: 5 }, { allowedLatenessMs: 2 });
  expect(judge(bySlidesOf5, [30, 9]).late).toEqual([{ index: 1, watermarkMs: 30, missedByMs: 8 }]);
});

test("an id lives until the last window that it was counted in closes", () => {
  const bySlidesOf5 = eager({ kind: "hopping", sizeMs: 10, slideMs: 5 }, { id: "id" });
  const again = (at: number) => judge(bySlidesOf5, [visit(7, { id: "a" }), at, visit(20, { id: "a" })]).verdicts[2];
  expect([again(10), again(14), again(15)]).toEqual(["duplicate", "duplicate", "counted"]);
});

test("without an id field, the same event counts as often as it comes", () => {
  expect(judge(eager({ kind: "tumbling", sizeMs: 10 }), [1, 1, 1]).verdicts).toEqual(["counted", "counted", "counted"]);
});
