import { expect, it } from "vitest";
import { createBatchQueue } from "../src/batch-queue.js";

it("gives what was pushed in order, and ends behind it", async () => {
  const queue = createBatchQueue<number>(2);
  queue.push(1);
  queue.push(2);
  queue.end();
  const taken: number[] = [];
  for await (const item of queue) taken.push(item);
  expect(taken).toEqual([1, 2]);
});

it("says that there is no room while as many wait as it may hold, until one is taken", async () => {
  const queue = createBatchQueue<number>(1);
  expect(await queue.roomWithin(0)).toBe(true);
  queue.push(1);
  expect(await queue.roomWithin(0)).toBe(false);
  const room = queue.roomWithin(60_000);
  const taken = await queue[Symbol.asyncIterator]().next();
  expect(taken).toEqual({ done: false, value: 1 });
  expect(await room).toBe(true);
});

it("wakes one who waits for an item, and one who waits for room, when it fails or ends", async () => {
  const failing = createBatchQueue<number>(1);
  const next = failing[Symbol.asyncIterator]().next();
  failing.fail(new Error("gone"));
  await expect(next).rejects.toThrow("gone");

  const ending = createBatchQueue<number>(1);
  ending.push(1);
  const room = ending.roomWithin(60_000);
  ending.end();
  expect(await room).toBe(true);
});
