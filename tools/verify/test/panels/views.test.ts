import { describe, expect, it } from "vitest";
import { planViews, type Reach, type ViewChoice } from "../../src/panels/views.js";

const reach: Reach = {
  events: { fromMs: 1_000_000, toMs: 31_000_000 },
  newestMs: 30_000_000,
  observations: { fromMs: 900_000_000, toMs: 999_000_000 },
  cities: ["Bogor", "Depok"],
  platforms: ["Facebook", "TikTok", "X"],
};

const plan = (choice: ViewChoice | null, of: Reach = reach) =>
  planViews("topic", of, choice).map(({ name, fromMs, toMs, intervalMs }) => [name, fromMs, toMs, intervalMs]);

describe("planViews", () => {
  it("looks by default at all, the last of it, some names, and the observations, which have another clock", () => {
    expect(plan(null)).toEqual([
      ["all", 1_000_000, 31_000_000, 100_000],
      ["last 30 days", 30_000_000 - 2_592_000_000, 30_000_000, 8_640_000],
      ["last day", 30_000_000 - 86_400_000, 30_000_000, 288_000],
      ["last hour", 26_400_000, 30_000_000, 12_000],
      ["last 5 minutes", 29_700_000, 30_000_000, 1_000],
      ["last hour by 5 s", 26_400_000, 30_000_000, 5_000],
      ["all of Bogor on Facebook and X", 1_000_000, 31_000_000, 100_000],
      ["all observations", 900_000_000, 999_000_000, 330_000],
      ["last hour of observations", 995_400_000, 999_000_000, 10_000],
    ]);
    const [all, , , , , , some] = planViews("topic", reach, null);
    expect(all?.variables).toEqual({ topic: "topic", city: "all", platform: "all" });
    expect(some?.variables).toEqual({ topic: "topic", city: ["Bogor"], platform: ["Facebook", "X"] });
  });

  it("looks at one view where a time or a range is given", () => {
    const name = "the view that was asked for";
    expect(plan({ atMs: null, rangeMs: 300_000 })).toEqual([[name, 29_700_000, 30_000_000, 1_000]]);
    expect(plan({ atMs: 7_000_000, rangeMs: "all" })).toEqual([[name, 1_000_000, 7_000_000, 20_000]]);
    expect(plan({ atMs: 0, rangeMs: "all" })).toEqual([[name, 0, 0, 1]]);
  });

  it("looks at something where there is nothing", () => {
    const nothing = { events: null, newestMs: null, observations: null, cities: [], platforms: [] };
    expect(plan(null, nothing).map(([name]) => name)).toEqual([
      "all",
      "last 30 days",
      "last day",
      "last hour",
      "last 5 minutes",
      "last hour by 5 s",
    ]);
  });
});
