import { expect, it } from "vitest";
import { ranges } from "../src/protocol.js";
import { resolveRange, type Extent } from "../src/time-range.js";

const minute = 60_000;
const hour = 60 * minute;
const nowMs = Date.parse("2026-11-24T12:00:00Z");
const nothing: Extent = { nowMs, firstMs: null, newestMs: null, observedMs: null };

it.each(["5m", "1h", "24h"] as const)("%s ends now, with 150 points at most", (range) => {
  const { fromMs, toMs, intervalMs } = resolveRange(range, nothing);
  expect([toMs, toMs - fromMs]).toEqual([nowMs, ranges[range]]);
  expect(ranges[range] / intervalMs).toBeLessThanOrEqual(150);
  expect(ranges[range] / intervalMs).toBeGreaterThan(125);
});

it("all begins with the first window and ends now", () => {
  const firstMs = nowMs - 30 * hour;
  expect(resolveRange("all", { ...nothing, firstMs, newestMs: nowMs - 100 })).toMatchObject({
    fromMs: firstMs,
    toMs: nowMs,
  });
});

it("all of events that lie years back is divided as finely as they are", () => {
  const firstMs = Date.parse("2024-02-03T17:00:00Z");
  const { intervalMs } = resolveRange("all", { ...nothing, firstMs, newestMs: firstMs + hour });
  expect(intervalMs).toBe(hour / 150);
});

it("all is divided so that neither events nor what consumers told have more than 150 points", () => {
  const firstMs = Date.parse("2024-02-03T17:00:00Z");
  const extent = { ...nothing, firstMs, newestMs: firstMs + hour, observedMs: nowMs - 50 * hour };
  expect(resolveRange("all", extent).intervalMs).toBe((50 * hour) / 150);
});

it("all of nothing is a short while, and of what lies ahead of the clock no negative one", () => {
  expect(resolveRange("all", nothing)).toEqual({ fromMs: nowMs - 5 * minute, toMs: nowMs, intervalMs: 2_000 });
  const ahead = resolveRange("all", {
    ...nothing,
    firstMs: nowMs + hour,
    newestMs: nowMs + 2 * hour,
    observedMs: nowMs + hour,
  });
  expect(ahead).toEqual({ fromMs: nowMs, toMs: nowMs, intervalMs: 1_000 });
});
