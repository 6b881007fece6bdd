import { describe, expect, it } from "vitest";
import { presets } from "../src/presets.js";
import { parseScenario } from "../src/scenario.js";

describe("parseScenario", () => {
  it.each(Object.entries(presets))("takes the preset %s after a round trip through JSON", (_name, scenario) => {
    expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toEqual({ ok: true, scenario });
  });

  it.each([
    ["no object", 5, "expected object"],
    ["an unknown key", { ...presets.deck, rate: 5 }, 'Unrecognized key: "rate"'],
    ["no cities", { ...presets.deck, cities: [] }, "cities: "],
    ["the same city twice", { ...presets.deck, cities: ["Bogor", "Bogor"] }, "cities: the names must differ"],
    ["an empty platform", { ...presets.deck, platforms: ["X", " "] }, "platforms.1: "],
    ["a rate of 0", { ...presets.deck, ratePerSecond: 0 }, "ratePerSecond: "],
    ["a range upside down", { ...presets.deck, delaySeconds: [5, 1] }, "delaySeconds: the range must be [from, to]"],
    ["a negative delay", { ...presets.deck, delaySeconds: [-1, 1] }, "delaySeconds.0: "],
    [
      "a counter beyond int4",
      { ...presets.deck, counters: { ...presets.deck.counters, Sales: [0, 2 ** 31] } },
      "counters.Sales.1: ",
    ],
    [
      "shares above 1",
      { ...presets.deck, faults: { ...presets.deck.faults, malformed: { share: 0.6 }, zeroVisitors: { share: 0.6 } } },
      "faults: the shares add up to more than 1",
    ],
  ])("refuses %s and says where", (_what, json, problem) => {
    const parsed = parseScenario(json);
    expect(parsed.ok ? "no problem" : parsed.problems.join("\n")).toContain(problem);
  });

  it("names every problem, not only the first", () => {
    const parsed = parseScenario({ ...presets.deck, cities: [], ratePerSecond: -1 });
    expect(parsed.ok ? [] : parsed.problems).toHaveLength(2);
  });
});
