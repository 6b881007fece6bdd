import { badInput, badWatermark } from "./errors.js";

/** Throws `bad-input` for what is no batch of events, with one arrival each or none at all. */
export function checkBatch(events: readonly unknown[], arrivalsMs: ArrayLike<number> | undefined): void {
  if (!Array.isArray(events)) throw badInput("events", events, "a list of events");
  if (arrivalsMs === undefined || arrivalsMs.length === events.length) return;
  throw badInput(
    "arrivalsMs",
    `${arrivalsMs.length} arrivals`,
    `one of each of ${events.length} events, or none at all`,
  );
}

/** Returns the watermark. Throws `bad-watermark` where it is neither an integer of ms nor an infinity. */
export function checkWatermark(watermarkMs: number): number {
  if (Number.isSafeInteger(watermarkMs) || watermarkMs === Infinity || watermarkMs === -Infinity) return watermarkMs;
  throw badWatermark(watermarkMs);
}
