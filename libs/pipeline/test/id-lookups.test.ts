import { describe, expect, it } from "vitest";
import { IdLookups } from "../src/id-lookups.js";

/** How many records are looked up, by hundreds, until none is any more. */
function countUntilQuiet(lookups: IdLookups): number {
  let records = 0;
  while (lookups.areDue) {
    lookups.onLookedUp(100, false);
    records += 100;
  }
  return records;
}

describe("ids of a partition", () => {
  it("are not looked up before a checkpoint was refused", () => {
    expect(new IdLookups().areDue).toBe(false);
  });

  it("are looked up after that until 50,000 records in a row held no copy", () => {
    const lookups = new IdLookups();
    lookups.onRefused();
    for (let records = 0; records < 49_900; records += 100) lookups.onLookedUp(100, false);
    lookups.onLookedUp(100, true);
    expect(countUntilQuiet(lookups)).toBe(50_000);
  });

  it("are looked up for twice as long each time that copies come again, 5 million records at most", () => {
    const lookups = new IdLookups();
    const lengths = Array.from({ length: 9 }, () => {
      lookups.onRefused();
      return countUntilQuiet(lookups);
    });
    expect(lengths.slice(0, 3)).toEqual([50_000, 100_000, 200_000]);
    expect(lengths.at(-1)).toBe(5_000_000);
  });

  it("are looked up for no longer where a checkpoint is refused all the same", () => {
    const lookups = new IdLookups();
    for (let times = 0; times < 5; times += 1) lookups.onRefused();
    expect(countUntilQuiet(lookups)).toBe(50_000);
  });
});
