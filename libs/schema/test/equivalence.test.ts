import { isUtf8 } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { z } from "zod";
import { defineEvent, MAX_EVENT_BYTES, MAX_RECEIVED_LENGTH, rejectionReasons } from "@tidemark/schema";
import { compileEvent } from "../src/compile.js";
import { defineFields } from "../src/define-fields.js";
import { createReadEvent } from "../src/read-event.js";
import { isStorableText } from "../src/storable-text.js";
import { json, oddValue, utf8, uuidText } from "./odd-values.js";
import { fieldKinds, generatedEvent, generatedEvents } from "./schemas.js";

/** Whether Postgres can hold a value of any kind, by plain means. */
function isStorable(value: unknown): boolean {
  if (typeof value === "string") return isStorableText(value) && !isUnstorableTime(value);
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, member]) => isStorableText(key) && isStorable(member));
}

// Text of another kind with one of these is not generated.
function isUnstorableTime(text: string): boolean {
  return /^0000-\d\d-\d\d|T.*\.\d{10}|T.*[+-](?:1[6-9]|2\d):\d\d$/.test(text);
}

/** The values are equal, but -0 is 0, at the top of the event. */
function normalise(event: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(event).filter(([, value]) => value !== undefined);
  const positive = (value: unknown): unknown => (value === 0 ? 0 : value);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Array.isArray(value) ? value.map(positive) : positive(value)]),
  );
}

/** JSON.parse and zod, without any short cut. */
function byZod(schema: z.ZodObject, bytes: Uint8Array): Record<string, unknown> | null {
  if (bytes.length > MAX_EVENT_BYTES || !isUtf8(bytes)) return null;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    // zod reads what every object inherits.
    const own = Object.assign(Object.create(null) as object, parsed);
    const data = schema.safeParse(
      typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? own : parsed,
    ).data;
    if (data === undefined || !isStorable(data)) return null;
    return normalise(data);
  } catch {
    return null;
  }
}

function decoded(schema: z.ZodObject, bytes: Uint8Array): unknown {
  const result = defineEvent(schema).decode(bytes);
  if (result.ok) return result.event;
  const { reason, expected, received } = result.rejection;
  expect(rejectionReasons).toContain(reason);
  expect(received.length).toBeLessThanOrEqual(MAX_RECEIVED_LENGTH);
  expect(isStorableText(received) && isStorableText(expected)).toBe(true);
  return null;
}

test("decode equals zod for values that fit, and for values of any other kind in any field", () => {
  const answers = { yes: 0, no: 0 };
  const changed = fc.option(fc.tuple(fc.nat(4), oddValue), { freq: 2 });
  fc.assert(
    fc.property(generatedEvent(), changed, ({ schema, value }, change) => {
      const keys = Object.keys(schema.shape);
      const changes = change === null ? {} : { [keys[change[0] % keys.length] as string]: change[1] };
      const bytes = json({ ...value, ...changes });
      const result = decoded(schema, bytes);
      expect(result).toEqual(byZod(schema, bytes));
      answers[result === null ? "no" : "yes"] += 1;
    }),
    { numRuns: 1500 },
  );
  expect(Math.min(answers.yes, answers.no)).toBeGreaterThan(150);
});

const snippets = [
  "-0",
  "1e3",
  "1.0",
  "1E-3",
  "9007199254740993",
  "-",
  ".5",
  "e9",
  "\\ud800",
  "\\u0000",
  "\0",
  "\u00a0",
  " ",
];
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat({ max: 6 }),
  inserted: fc.oneof(
    fc.constantFrom(...snippets, "null", "true", '"5"', "[]", "{}", '"', ",", ":", "}", "0", "9").map(utf8),
    fc.uint8Array({ maxLength: 2 }),
  ),
});

test("decode equals zod on bytes that were changed anywhere", () => {
  fc.assert(
    fc.property(
      generatedEvent(),
      fc.boolean(),
      fc.array(edit, { minLength: 1, maxLength: 2 }),
      (event, spaced, edits) => {
        const text = JSON.stringify(event.value);
        let bytes = Buffer.from(spaced ? text.replaceAll(/[,:]/g, "$& ") : text);
        for (const { at, removed, inserted } of edits) {
          const start = Math.floor(at * bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + removed)]);
        }
        const changed = new Uint8Array(bytes);
        expect(decoded(event.schema, changed)).toEqual(byZod(event.schema, changed));
      },
    ),
    { numRuns: 2000 },
  );
});

test("bytes within others are decoded as they are by themselves, into events that have what will be added to them", () => {
  const added = ["rate", "offset"];
  const around = fc.uint8Array({ maxLength: 20 });
  const cut = fc.option(fc.nat(300), { freq: 2 });
  fc.assert(
    fc.property(generatedEvent(), around, around, cut, ({ schema, value }, before, after, length) => {
      const event = defineEvent(schema);
      const bytes = Uint8Array.from(json(value)).subarray(0, length ?? undefined);
      const held = Uint8Array.from([...before, ...bytes, ...after]);
      const alone = event.decode(bytes);
      const within = event.createDecoder({ added })(held, before.length, before.length + bytes.length);
      const own = within.ok ? { ok: true, event: withoutAdded(within.event, added) } : within;
      expect(own).toEqual(alone);
    }),
    { numRuns: 1500 },
  );
});

test("events that are written over are those that a new decoder gives, until as many more were decoded; UUIDs may be words", () => {
  const reused = 3;
  let words = 0;
  fc.assert(
    fc.property(
      generatedEvents(8, [...fieldKinds, ...Array.from({ length: 9 }, () => "a UUID")]),
      ({ schema, values }) => {
        const event = defineEvent(schema);
        const decode = event.createDecoder({ added: ["rate"], reused, words: Object.keys(schema.shape) });
        const held: object[] = [];
        for (const value of values) {
          const bytes = json(value);
          const alone = event.decode(bytes);
          const answer = decode(bytes, 0, bytes.length);
          expect(answer.ok).toBe(alone.ok);
          if (!answer.ok || !alone.ok) continue;
          expect(held.slice(1 - reused)).not.toContain(answer.event);
          held.push(answer.event);
          const own = Object.entries(withoutAdded(answer.event, ["rate"])).map(([name, one]) => {
            if (!(one instanceof Int32Array)) return [name, one];
            words += 1;
            return [name, uuidText(one)];
          });
          expect(own).toEqual(Object.entries(alone.event));
        }
      },
    ),
    { numRuns: 500 },
  );
  expect(words).toBeGreaterThan(100);
});

function withoutAdded(event: object, added: readonly string[]): object {
  return Object.fromEntries(Object.entries(event).filter(([name, value]) => !(added.includes(name) && value === null)));
}

const described = fieldKinds.slice(0, fieldKinds.indexOf("refined"));
const scanned = fieldKinds.slice(0, fieldKinds.indexOf("an array of texts"));

test("compiled code takes what the interpreted path takes, keys in the same order; the scanner reads most of what encode writes", () => {
  const answers = { scan: 0, guard: 0, refused: 0 };
  fc.assert(
    fc.property(generatedEvent(scanned), ({ schema, value }) => {
      const defined = defineFields(schema, undefined, false);
      const compiled = compileEvent<object>(defined);
      const bytes = json(value);
      const interpreted = createReadEvent<object>(defined, null)(JSON.parse(JSON.stringify(value)) as object);
      const event = "event" in interpreted ? interpreted.event : null;
      const byScan = compiled?.scan?.(bytes, 0, bytes.length) ?? null;
      const byGuard = compiled?.guard(JSON.parse(JSON.stringify(value)) as object) ?? null;
      for (const read of [byScan, byGuard]) {
        expect(read && Object.entries(read)).toStrictEqual(read && event && Object.entries(event));
      }
      answers[byScan !== null ? "scan" : byGuard !== null ? "guard" : "refused"] += 1;
    }),
    { numRuns: 1500 },
  );
  expect(answers.scan).toBeGreaterThan(150);
  expect(answers.guard).toBeGreaterThan(150);
});

test("decode gives back every event that was encoded", () => {
  fc.assert(
    fc.property(generatedEvent(described), ({ schema, value }) => {
      const codec = defineEvent(schema);
      const first = codec.decode(json(value));
      const again = first.ok ? codec.decode(codec.encode(first.event)) : first;
      expect(again).toEqual(first);
    }),
    { numRuns: 2000 },
  );
});
