import * as fc from "fast-check";
import { expect, test } from "vitest";
import { eventFields, eventSchema, type EventField, type SocmedEvent } from "@tidemark/schema";
import { guardEvent } from "../src/guard.js";
import { anyEvent, deckEvent, oddId, oddName, oddNumber, oddValue } from "./events.js";

function bySchema(value: object): SocmedEvent | null {
  return eventSchema.safeParse(value).data ?? null;
}

test("gives the schema's event for every valid event, keys in the same order", () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      expect(guardEvent(event)).toStrictEqual(event);
      expect(JSON.stringify(guardEvent({ Extra: 1, ...event }))).toBe(JSON.stringify(bySchema(event)));
    }),
    { numRuns: 500 },
  );
});

test("agrees with the schema where one field is odd, and both answers occur often", () => {
  const answers = { yes: 0, no: 0 };
  const oddField = fc.oneof(
    fc.tuple(fc.constant<EventField>("ID"), oddId),
    fc.tuple(fc.constantFrom<EventField>("Kota", "Sosial_Media"), oddName),
    fc.tuple(fc.constantFrom<EventField>("Usage_Count", "Sales", "Visitors", "Conversion", "Ts"), oddNumber),
    fc.tuple(fc.constantFrom(...eventFields), oddValue),
  );
  fc.assert(
    fc.property(oddField, ([field, value]) => {
      const event = guardEvent({ ...deckEvent, [field]: value });
      expect(event).toStrictEqual(bySchema({ ...deckEvent, [field]: value }));
      answers[event === null ? "no" : "yes"] += 1;
    }),
    { numRuns: 4000 },
  );
  expect(answers.yes).toBeGreaterThan(400);
  expect(answers.no).toBeGreaterThan(400);
});

test("agrees with the schema where some fields are odd, and some are missing", () => {
  const odd = fc.record(Object.fromEntries(eventFields.map((field) => [field, oddValue])));
  const choice = fc.record({ odd: fc.subarray([...eventFields]), missing: fc.subarray([...eventFields]) });
  fc.assert(
    fc.property(anyEvent, odd, choice, (event, oddities, chosen) => {
      const value: Record<string, unknown> = { ...event };
      for (const field of chosen.odd) value[field] = oddities[field];
      expect(guardEvent(value)).toStrictEqual(bySchema(value));
      for (const field of chosen.missing) delete value[field];
      expect(guardEvent(value)).toStrictEqual(bySchema(value));
    }),
    { numRuns: 500 },
  );
});

test("trims and refuses as the schema does at every UTF-16 code unit", () => {
  const different: string[] = [];
  for (let unit = 0; unit <= 0xffff; unit += 1) {
    const character = String.fromCharCode(unit);
    for (const Kota of [character, `${character}a${character}`]) {
      const value = { ...deckEvent, Kota };
      if (guardEvent(value)?.Kota !== bySchema(value)?.Kota) different.push(unit.toString(16));
    }
  }
  expect(different).toEqual([]);
});

test("takes no array, and nothing from a prototype", () => {
  expect(guardEvent([])).toBeNull();
  expect(guardEvent(JSON.parse(`{"__proto__": ${JSON.stringify(deckEvent)}}`))).toBeNull();
});
