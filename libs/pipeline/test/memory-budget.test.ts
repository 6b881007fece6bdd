import { setImmediate as settle } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryBudget } from "../src/memory-budget.js";

const never = new AbortController().signal;

describe("the memory budget", () => {
  it("gives fetched batches half of it at most, so that their rows find room", () => {
    const budget = new MemoryBudget(100);
    expect(budget.tryTakeFetched(40)).toBe(true);
    expect(budget.tryTakeFetched(20)).toBe(false);
    expect(budget.tryTakeRows(60)).toBe(true);
    expect(budget.tryTakeRows(1)).toBe(false);
    expect(budget.usedBytes).toBe(100);
  });

  it("lets through alone what is larger than the whole", async () => {
    const budget = new MemoryBudget(100);
    expect(budget.tryTakeFetched(500)).toBe(true);
    expect(budget.tryTakeFetched(1)).toBe(false);
    expect(budget.tryTakeRows(500)).toBe(true);
    const next = budget.takeRows(1, never);
    expect(budget.isShort).toBe(true);
    budget.freeFetched(500);
    budget.adjustRows(-500);
    expect(await next).toBe(true);
    expect(budget.usedBytes).toBe(1);
  });

  it("serves those who wait in their order, and forgets who gives up", async () => {
    const budget = new MemoryBudget(100);
    expect(budget.tryTakeRows(90)).toBe(true);
    const served: string[] = [];
    const giveUp = new AbortController();
    const wait = (name: string, bytes: number, signal = never) =>
      budget.takeRows(bytes, signal).then((isTaken) => served.push(`${name} ${isTaken}`));
    const all = [wait("large", 80), wait("given up", 60, giveUp.signal), wait("small", 5)];
    expect(budget.tryTakeRows(5)).toBe(false);
    budget.adjustRows(-10);
    await settle();
    expect(served).toEqual([]);
    giveUp.abort();
    budget.adjustRows(-60);
    await settle();
    expect(served).toEqual(["given up false", "large true"]);
    expect(budget.usedBytes).toBe(100);
    budget.adjustRows(-20);
    await Promise.all(all);
    expect(budget.usedBytes).toBe(85);
  });

  it("wakes those who wait to fetch when there is room for all of those that it wakes", async () => {
    const budget = new MemoryBudget(100);
    expect(budget.tryTakeFetched(50)).toBe(true);
    const woken: number[] = [];
    for (const bytes of [30, 15, 30]) void budget.untilRoom(bytes, never).then(() => woken.push(bytes));
    await settle();
    expect(woken).toEqual([]);
    budget.freeFetched(50);
    await settle();
    expect(woken).toEqual([30, 15]);
  });

  it("is exceeded by what is let through alone only, and serves everybody once all is given back", async () => {
    const requests = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 150 }), isHeld: fc.boolean() }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const budget = new MemoryBudget(100);
        let served = 0;
        const held: number[] = [];
        const take = async (bytes: number) => {
          await budget.takeRows(bytes, never);
          served += 1;
          held.push(bytes);
        };
        for (const { bytes, isHeld } of all) {
          void take(bytes);
          await settle();
          expect(budget.usedBytes).toBeLessThanOrEqual(Math.max(100, Math.max(...held)));
          expect(budget.usedBytes).toBe(held.reduce((sum, one) => sum + one, 0));
          if (!isHeld) budget.adjustRows(-(held.shift() ?? 0));
        }
        for (let rounds = 0; rounds <= all.length; rounds += 1) {
          await settle();
          for (const bytes of held.splice(0)) budget.adjustRows(-bytes);
        }
        expect(served).toBe(all.length);
        expect(budget.usedBytes).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
