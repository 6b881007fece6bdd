import { expect, test } from "vitest";
import { createTask, type Snapshot, step } from "../src/index.js";
import { definition, visit } from "./visit.js";

const visits = [visit(1), visit(12), visit(1, { city: "Depok" }), visit(70), visit(3), visit(71)];

test("step by step from state to state, it comes to what a task does in place", () => {
  const task = createTask(definition);
  let state: Snapshot | null = null;
  for (const event of visits) {
    const before = JSON.stringify(state);
    const given: Snapshot | null = state;
    const output = step(definition, given, { events: [event], arrivalsMs: [-1] });
    expect(output.result).toEqual(task.step([event]));
    expect(output.checkpoint).toEqual(task.checkpoint());
    expect(JSON.stringify(given)).toBe(before);
    state = JSON.parse(JSON.stringify(output.state)) as Snapshot;
  }
  expect(state).toEqual(task.snapshot());
});

test("a watermark from outside comes after the events of the same input", () => {
  const first = step(definition, null, { events: [visit(1)], watermarkMs: 15 });
  expect([first.result.verdicts, first.checkpoint.watermarkMs]).toEqual([["counted"], 15]);
  const second = step(definition, first.state, { events: [visit(2)] });
  expect(second.result.verdicts).toEqual(["late"]);
});

test("a watermark may come without events", () => {
  const { result, checkpoint } = step(definition, null, { watermarkMs: 15 });
  expect([result.read, checkpoint.ledger.read, checkpoint.watermarkMs]).toEqual([0, 0, 15]);
});

test("the leader of a batch is the first event of the highest time, late ones and duplicates included, quarantined ones not", () => {
  const task = createTask({ ...definition, maxFutureSkewMs: 100 });
  expect(task.step([visit(10), visit(30), visit(30), visit(20)]).leader).toBe(1);
  expect(task.step([visit(30), visit(29)]).leader).toBe(-1);
  expect(task.step([null, visit(1_000), visit(31)], [0, 0, 0]).leader).toBe(2);
  const { leader } = task.step([visit(40, { id: "a" }), visit(45, { id: "a" }), visit(-500)]);
  expect(leader).toBe(1);
});
