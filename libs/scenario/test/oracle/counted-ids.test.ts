import { describe, expect, it } from "vitest";
import { createCountedIds } from "../../src/oracle/counted-ids.js";

describe("counted ids", () => {
  it("are found while the watermark has not reached their time", () => {
    const ids = createCountedIds();
    ids.add("a", { offset: 7, untilMs: 1_000 }, 0);
    expect(ids.find("a", 999)).toEqual({ offset: 7, untilMs: 1_000 });
    expect(ids.find("a", 1_000)).toBeUndefined();
    expect(ids.find("b", 0)).toBeUndefined();
  });

  it("are gone by their time, dropped or not: a few that nobody dropped are not found either", () => {
    const ids = createCountedIds();
    ids.add("a", { offset: 0, untilMs: 10 }, 0);
    ids.add("b", { offset: 1, untilMs: 20 }, 15);
    expect(ids.size).toBe(2);
    expect(ids.find("a", 15)).toBeUndefined();
    expect(ids.find("b", 15)).toMatchObject({ offset: 1 });
  });

  it("stay few on a long log, and none that is alive is dropped", () => {
    const ids = createCountedIds();
    const lifeMs = 100;
    for (let now = 0; now < 20_000; now += 1) {
      ids.add(`id ${now}`, { offset: now, untilMs: now + lifeMs }, now);
      expect(ids.size).toBeLessThanOrEqual(lifeMs * 1.5 + 3);
      const alive = [0, 1, lifeMs / 2, lifeMs - 1].map((age) => Math.max(0, now - age));
      expect(alive.map((offset) => ids.find(`id ${offset}`, now)?.offset)).toEqual(alive);
    }
  });

  it("are held again when they are counted again", () => {
    const ids = createCountedIds();
    ids.add("a", { offset: 0, untilMs: 10 }, 0);
    ids.add("a", { offset: 5, untilMs: 30 }, 10);
    expect(ids.find("a", 29)).toEqual({ offset: 5, untilMs: 30 });
  });
});
