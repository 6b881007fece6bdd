import { z } from "zod";

const ordered = ([from, to]: readonly [number, number]) => from <= to;
const upsideDown = "the range must be [from, to] with from <= to";

/** `[from, to]`, both ends included: whole numbers from `min` to `max`. */
export const wholeRange = (min: number, max: number) =>
  z.tuple([z.int().min(min).max(max), z.int().min(min).max(max)]).refine(ordered, upsideDown);

/** `[from, to]`, of any numbers from `min` to `max`. */
export const numberRange = (min: number, max: number) =>
  z.tuple([z.number().min(min).max(max), z.number().min(min).max(max)]).refine(ordered, upsideDown);

/** Both ends included. */
export type Range = readonly [from: number, to: number];
