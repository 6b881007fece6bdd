import { describe, expect, it, vi } from "vitest";
import { backoffMs, settlesWithin, wait } from "../src/backoff.js";

const draws = (failures: number, capMs?: number) => Array.from({ length: 500 }, () => backoffMs(failures, capMs));

describe("the back-off", () => {
  it.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [6, 3_200],
    [7, 5_000],
    [1_000, 5_000],
  ])(
    "after %d failures in a row is between a half and the whole of %d ms, and differs from one try to the next",
    (failures, fullMs) => {
      const waits = draws(failures);
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(fullMs / 2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(fullMs);
      // Those that failed together come back apart: no tenth of the span holds nearly all.
      expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(fullMs / 4);
      expect(new Set(waits).size).toBeGreaterThan(100);
    },
  );

  it("is nothing before the first failure, and keeps below another cap", () => {
    expect(backoffMs(0)).toBe(0);
    expect(Math.max(...draws(50, 2_000))).toBeLessThanOrEqual(2_000);
  });
});

describe("waiting", () => {
  it("ends at its time, or at once when the signal fires", async () => {
    const stop = new AbortController();
    const waiting = wait(60_000, stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
    await expect(wait(60_000, stop.signal)).resolves.toBeUndefined();
    await expect(wait(5, new AbortController().signal)).resolves.toBeUndefined();
  });

  it("for work says whether it settled in time, whichever way, and leaves nothing on the signal", async () => {
    const stop = new AbortController();
    const removed = vi.spyOn(stop.signal, "removeEventListener");
    await expect(settlesWithin(Promise.resolve(), 1_000, stop.signal)).resolves.toBe(true);
    await expect(settlesWithin(Promise.reject(new Error("no")), 1_000, stop.signal)).resolves.toBe(true);
    expect(removed).toHaveBeenCalledTimes(2);
    await expect(settlesWithin(new Promise(() => undefined), 5, stop.signal)).resolves.toBe(false);
    const stopped = settlesWithin(new Promise(() => undefined), 60_000, stop.signal);
    stop.abort();
    await expect(stopped).resolves.toBe(false);
  });
});
