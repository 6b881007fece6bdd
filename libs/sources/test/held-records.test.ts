import { expect, it } from "vitest";
import { HeldRecordsWatch } from "../src/held-records.js";

it("tells of records behind an open transaction at each change, since its first sight, and when there are none", () => {
  const watch = new HeldRecordsWatch();
  expect(watch.update(0, { stable: 18, highWatermark: 18 }, 1)).toBeUndefined();
  const held = { type: "held-back", partition: 0, from: 18, sinceMs: 2 };
  expect(watch.update(0, { stable: 18, highWatermark: 30 }, 2)).toEqual({ ...held, to: 30 });
  expect(watch.update(0, { stable: 18, highWatermark: 30 }, 3)).toBeUndefined();
  expect(watch.update(0, { stable: 18, highWatermark: 40 }, 4)).toEqual({ ...held, to: 40 });
  // That one has ended, and a later one is open.
  expect(watch.update(0, { stable: 35, highWatermark: 40 }, 5)).toEqual({ ...held, from: 35, to: 40, sinceMs: 5 });
  expect(watch.update(0, { stable: 41, highWatermark: 41 }, 6)).toEqual({ type: "held-back-ended", partition: 0 });
  expect(watch.update(0, { stable: 41, highWatermark: 41 }, 7)).toBeUndefined();
});

it("begins anew with a partition that has come back", () => {
  const watch = new HeldRecordsWatch();
  watch.update(0, { stable: 0, highWatermark: 1 }, 1);
  watch.forget(0);
  expect(watch.update(0, { stable: 0, highWatermark: 1 }, 9)).toMatchObject({ sinceMs: 9 });
});
