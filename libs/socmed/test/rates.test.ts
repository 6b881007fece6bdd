import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { evaluateRate, rateLabel } from "@tidemark/metrics";
import { bounceRate, conversionRate, socmedRates, socmedViolations } from "@tidemark/socmed";

interface DeckRow {
  readonly wire: Readonly<Record<"Visitors" | "PageVisitors" | "Conversion", number>> & { readonly ID: string };
  readonly conversionRate: number;
  readonly bounceRate: number;
}

const deck = JSON.parse(readFileSync(new URL("vectors/deck.json", import.meta.url), "utf8")) as readonly DeckRow[];

test("the deck has eight rows", () => {
  expect(deck).toHaveLength(8);
});

test.each(deck)("both rates of the deck's event $wire.ID are right to the last bit", (row) => {
  expect(evaluateRate(conversionRate, row.wire)).toBe(row.conversionRate);
  expect(evaluateRate(bounceRate, row.wire)).toBe(row.bounceRate);
});

test("rates and violations have their names and labels", () => {
  expect(socmedRates.map((rate) => [rate.name, rateLabel(rate)])).toEqual([
    ["conversion_rate", "Conversion rate (% of visitors)"],
    ["bounce_rate", "Bounce rate (% of visitors)"],
  ]);
  expect(socmedViolations.map(({ part, whole }) => [part, whole])).toEqual([
    ["PageVisitors", "Visitors"],
    ["Conversion", "Visitors"],
  ]);
});
