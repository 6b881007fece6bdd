import { count, defineEvent, MAX_EPOCH_SECONDS, text, time, uuid } from "@tidemark/schema";
import { z } from "zod";

/** Largest Ts in epoch seconds: 9999-12-31T23:59:59Z. */
export const MAX_TS = MAX_EPOCH_SECONDS;

/** Longest city or platform name, in UTF-16 code units after trimming (at most 300 bytes of UTF-8). */
export const MAX_NAME_LENGTH = 100;

/** A city or a platform. */
const name = text({ max: MAX_NAME_LENGTH });

/**
 * The event on the wire. Keys are in wire order; unknown keys are dropped.
 *
 * ID is lower-cased; Kota (city) and Sosial_Media (platform) are trimmed; counters are integers 0..2147483647; Ts is the
 * event time in epoch **seconds**, 0..253402300799.
 */
export const socmedSchema = z.object({
  ID: uuid(),
  Kota: name,
  Sosial_Media: name,
  Usage_Count: count(),
  Sales: count(),
  Visitors: count(),
  PageVisitors: count(),
  Conversion: count(),
  Ts: time("s"),
});

/** Decodes, encodes and describes the event. */
export const socmedEvent = defineEvent(socmedSchema, { time: { field: "Ts", unit: "s" } });

/** One checked and cleaned event, by its wire keys. */
export type SocmedEvent = z.output<typeof socmedSchema>;

/** A wire key that holds a count. */
export type CounterField = "Usage_Count" | "Sales" | "Visitors" | "PageVisitors" | "Conversion";
