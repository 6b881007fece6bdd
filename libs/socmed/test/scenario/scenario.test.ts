import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scenarioJsonSchema } from "../../src/scenario/json-schema.js";
import { parseScenario, presets } from "../../src/scenario/index.js";

const { deck, dirty } = presets;
const at = { fromSeconds: 0, forSeconds: 60 };

describe("parseScenario", () => {
  it.each(Object.entries(presets))("takes the preset %s after a round trip through JSON", (_name, scenario) => {
    expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toEqual({ ok: true, scenario });
  });

  it("takes the file's $schema, which editors want", () => {
    expect(parseScenario({ $schema: "./scenario.schema.json", ...deck }).ok).toBe(true);
  });

  it.each([
    ["no object", 5, "expected object"],
    ["an unknown key", { ...deck, rates: 5 }, 'Unrecognized key: "rates"'],
    ["no cities", { ...deck, cities: [] }, "cities: "],
    ["the same city twice", { ...deck, cities: ["Bogor", { name: "Bogor" }] }, "cities: the names must differ"],
    ["an empty platform", { ...deck, platforms: ["X", " "] }, "platforms.1: "],
    ["a name that the schema would reject", { ...deck, cities: ["a\0"] }, "cities.0: "],
    ["a negative weight", { ...deck, cities: [{ name: "Bogor", weight: -1 }] }, "cities.0"],
    ["a rate of 0", { ...deck, rate: { kind: "constant", perSecond: 0 } }, "rate.perSecond: "],
    ["an unknown curve", { ...deck, rate: { kind: "square" } }, "rate.kind: "],
    [
      "steps that end in silence",
      { ...deck, rate: { kind: "steps", steps: [{ perSecond: 0, forSeconds: 1 }] } },
      "rate.steps: the last step",
    ],
    [
      "a burst that never ends",
      { ...deck, rate: { kind: "burst", perSecond: 1, burstPerSecond: 2, everySeconds: 5, burstSeconds: 5 } },
      "burstSeconds must be less",
    ],
    ["a range upside down", { ...deck, delaySeconds: [5, 1] }, "delaySeconds: the range must be [from, to]"],
    ["a negative delay", { ...deck, delaySeconds: [-1, 1] }, "delaySeconds.0: "],
    ["a counter beyond int4", { ...deck, traffic: { ...deck.traffic, Sales: [0, 2 ** 31] } }, "traffic.Sales.1: "],
    ["a fraction above 1", { ...dirty, traffic: { ...dirty.traffic, bounceRate: [0, 1.1] } }, "traffic.bounceRate.1: "],
    ["a day of 23 hours", { ...dirty, season: { ...dirty.season, daily: [1, 2, 3] } }, "season.daily: "],
    [
      "an affinity of a city that isn't there",
      { ...deck, affinities: [{ city: "Bandung", platform: "X", weight: 2 }] },
      'affinities.0.city: there is no city "Bandung"',
    ],
    [
      "an outage of a platform that isn't there",
      { ...deck, outages: [{ platform: "Y", ...at }] },
      'outages.0.platform: there is no platform "Y"',
    ],
    [
      "a campaign without a funnel",
      { ...deck, campaigns: [{ ...at, conversion: 2 }] },
      "campaigns: campaigns need a funnel",
    ],
    ["an outage of everything", { ...deck, outages: [at] }, "Nothing is left to report 0 s after the start"],
    [
      "blocks without room for what may come together",
      { ...deck, faults: { per: 1, lateJust: { share: 0.45 }, zeroVisitors: { share: 0.45 } } },
      "faults: per is too small",
    ],
    [
      "events ahead by more than the skew",
      { ...deck, faults: { ahead: { share: 0.1, aheadSeconds: [1, 61] } } },
      "faults.ahead.aheadSeconds: beyond the allowed skew of 60 s",
    ],
    ["haste without an end", { ...deck, pace: "max" }, "pace: as fast as possible needs an end"],
    [
      "shares above 0.9",
      { ...deck, faults: { malformed: { share: 0.6 }, zeroVisitors: { share: 0.4 } } },
      "faults: the faults add up to more than 0.9",
    ],
    [
      "counts above 0.9",
      { ...deck, faults: { per: 10, malformed: { count: 10 } } },
      "faults: the faults add up to more than 0.9",
    ],
    [
      "a share and a count",
      { ...deck, faults: { malformed: { share: 0.1, count: 1 } } },
      "faults.malformed: it takes either a share or a count",
    ],
    [
      "neither a share nor a count",
      { ...deck, faults: { lateJust: {} } },
      "faults.lateJust: it takes either a share or a count",
    ],
    [
      "a reason that the schema doesn't know",
      { ...deck, faults: { malformed: { share: 0.1, reasons: ["ugly"] } } },
      "faults.malformed.reasons.0: ",
    ],
    [
      "more replays than half",
      { ...deck, faults: { replays: { everyEvents: 10, events: 6 } } },
      "faults.replays: at most half",
    ],
  ])("refuses %s and says where", (_what, json, problem) => {
    const parsed = parseScenario(json);
    expect(parsed.ok ? "no problem" : parsed.problems.join("\n")).toContain(problem);
  });

  it("names every problem, not only the first", () => {
    const parsed = parseScenario({ ...deck, cities: [], delaySeconds: 5 });
    expect(parsed.ok ? [] : parsed.problems).toHaveLength(2);
  });
});

describe("the JSON schema", () => {
  it("is that of the zod schema: run scripts/write-json-schema.ts after a change", () => {
    const file = readFileSync(new URL("../../scenario.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(file)).toEqual(scenarioJsonSchema());
  });
});
