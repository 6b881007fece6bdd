import { expect, it } from "vitest";
import { rowOf } from "../../src/oracle/row.js";
import { eventAt } from "./small-log.js";

it("the deck's example has the deck's rates, to the last digit", () => {
  const event = eventAt(100, 1, { Visitors: 835, PageVisitors: 161, Conversion: 364 });
  expect(rowOf(event)).toEqual({ ...event, conversion_rate: 43.59281437125748, bounce_rate: 19.281437125748504 });
});

it("a rate divides first, so that it has the bits that the tables have", () => {
  const event = eventAt(100, 1, { Visitors: 3, PageVisitors: 0, Conversion: 1 });
  // (1 * 100) / 3 would be 33.333333333333336.
  expect(rowOf(event)).toMatchObject({ conversion_rate: 33.33333333333333, bounce_rate: 0 });
});

it("without visitors there are no rates, whatever was converted", () => {
  expect(rowOf(eventAt(100, 1, { Visitors: 0 }))).toMatchObject({ conversion_rate: null, bounce_rate: null });
});
