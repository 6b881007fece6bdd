import { expect, test } from "vitest";
import { counterFields, eventFields, eventSchema, MAX_COUNT, MAX_NAME_LENGTH, MAX_TS } from "@tidemark/schema";
import { deckEvent } from "./events.js";

test("the schema's keys are the wire keys, in wire order", () => {
  expect(Object.keys(eventSchema.shape)).toEqual([...eventFields]);
  expect(eventFields.filter((field) => (counterFields as readonly string[]).includes(field))).toEqual([
    ...counterFields,
  ]);
});

test("the deck's event is taken as it is", () => {
  expect(eventSchema.parse(deckEvent)).toStrictEqual(deckEvent);
});

test("ids of any version are taken, and lower-cased", () => {
  const ID = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";
  expect(eventSchema.parse({ ...deckEvent, ID }).ID).toBe(ID.toLowerCase());
  expect(eventSchema.parse({ ...deckEvent, ID: "00000000-0000-0000-0000-000000000000" }).ID).toMatch(/^0/);
});

test("names are trimmed of every white space of JavaScript, and then measured in code units", () => {
  const name = "\ud83d\udca9".repeat(MAX_NAME_LENGTH / 2);
  expect(eventSchema.parse({ ...deckEvent, Kota: `\ufeff\u00a0\u2003${name}\u3000\r\n` }).Kota).toBe(name);
  expect(eventSchema.safeParse({ ...deckEvent, Kota: `${name}a` }).success).toBe(false);
});

test("new cities and platforms are valid", () => {
  const event = { ...deckEvent, Kota: "Yogyakarta", Sosial_Media: "小红书" };
  expect(eventSchema.parse(event)).toStrictEqual(event);
});

test("counters and Ts are taken up to their bounds and no further", () => {
  for (const field of [...counterFields, "Ts"] as const) {
    const max = field === "Ts" ? MAX_TS : MAX_COUNT;
    for (const value of [0, max]) expect(eventSchema.parse({ ...deckEvent, [field]: value })[field]).toBe(value);
    for (const value of [-1, max + 1, 0.5]) {
      expect(eventSchema.safeParse({ ...deckEvent, [field]: value }).success).toBe(false);
    }
  }
  expect(new Date(MAX_TS * 1000).toISOString()).toBe("9999-12-31T23:59:59.000Z");
});

test("-0 becomes 0", () => {
  expect(eventSchema.parse({ ...deckEvent, Sales: -0, Ts: -0 })).toStrictEqual({ ...deckEvent, Sales: 0, Ts: 0 });
});

test("unknown keys are dropped", () => {
  expect(eventSchema.parse({ Extra: 1, ...deckEvent })).toStrictEqual(deckEvent);
});
