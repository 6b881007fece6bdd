/** The kinds of options that several programs take, as zod schemas of text. Each says what it takes. */
import { z } from "zod";
import { parseDuration } from "@tidemark/pipeline/duration";

/** A flag without a value. */
export const flag = z.boolean().default(false);

/** Any text that is not empty. */
export const text = (takes: string) => z.string().min(1).describe(takes);

export const oneOf = <const Names extends readonly string[]>(names: Names) =>
  z.enum(names).describe(`${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);

export const wholeNumber = (from: number, to: number, takes = `a whole number from ${from} to ${to}`) =>
  z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .refine((value) => value >= from && value <= to)
    .describe(takes);

/** 0 stands for any free port where `from` allows it. */
export const port = (from: 0 | 1) => wholeNumber(from, 65_535, `a port from ${from} to 65535`);

/** In ms. */
export const duration = z
  .string()
  .transform((given) => parseDuration(given) ?? Number.NaN)
  .refine((ms) => !Number.isNaN(ms))
  .describe("a duration of at most 366d, such as 5m, 90s or 250ms");

/** In epoch ms: 1970-01-02 to the year 9999, with a zone, so that it means the same everywhere. */
export const time = z.iso
  .datetime({ offset: true })
  .transform((given) => Date.parse(given))
  .refine((ms) => ms >= 86_400_000 && ms < 253_402_300_800_000)
  .describe("a time with its zone, such as 2024-02-03T17:00:00Z, from 1970-01-02 to the year 9999");

/** Events per second, or as fast as possible. */
export const rate = z
  .string()
  .regex(/^(max|\d+(\.\d+)?)$/)
  .transform((given) => (given === "max" ? given : Number(given)))
  .refine((value) => value === "max" || (value >= 1e-6 && value <= 1e6))
  .describe("events per second, a number from 0.000001 to 1000000, or max");

export const topic = z
  .string()
  .regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/)
  .describe("a topic name of 1 to 249 letters, digits, dots, dashes or underscores");

export const hostName = z.string().regex(/^\S+$/).describe("a host name or address");

export const directory = z
  .string()
  .regex(/^[^\0]+$/)
  .describe("a directory's path");
