import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode } from "@tidemark/schema";
import { anyEvent, deckEvent } from "./events.js";

test("writes the deck's event as the deck has it on the wire", () => {
  expect(new TextDecoder().decode(encode(deckEvent))).toBe(
    '{"ID":"352ed520-03fb-4933-9d2f-38019883650d","Kota":"Bekasi","Sosial_Media":"Instagram","Usage_Count":849,' +
      '"Sales":68,"Visitors":835,"PageVisitors":161,"Conversion":364,"Ts":1706981205}',
  );
});

test("writes keys in wire order, whatever their order in the object, and no other keys", () => {
  const shuffled = {
    Extra: 1,
    ...Object.fromEntries(Object.entries(deckEvent).toReversed()),
  } as unknown as typeof deckEvent;
  expect(encode(shuffled)).toEqual(encode(deckEvent));
});

test("decode gives back every event that was encoded", () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      expect(decode(encode(event))).toStrictEqual({ ok: true, event });
    }),
    { numRuns: 1000 },
  );
});
